package dev.fovea.train.objective;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.engine.TrainingPath.Prompt;
import dev.fovea.core.engine.TrainingPath.Span;
import dev.fovea.core.learned.Predictor;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.PromptTokens;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.Apart;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Share;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/**
 * Scores of visual tokens that imitate the attention of a deeper layer of the language model (CoViPAL, arXiv 2508.17243,
 * first stage). The model stands still and reads each question up to its answer; the scores see what it enters with.
 */
public final class GuidanceObjective {
    private static final Signal.DecoderHidden VISUAL = new Signal.DecoderHidden();
    private static final Signal.DecoderHidden WORDS = new Signal.DecoderHidden(PromptTokens.TEXT, false);

    private final ModelParts model;
    private final int layer;
    private final Predictor scores;
    private final Weights own;

    /**
     * @param model stands still
     * @param layer of the language model, from 0, whose attention is imitated
     * @param scores visual tokens and words {@code [tokens, width]} to {@code [visual, 1]}
     * @param own weights of the scores, which learn
     */
    public GuidanceObjective(ModelParts model, int layer, Predictor scores, Weights own) {
        this.model = model;
        this.layer = layer;
        this.scores = scores;
        this.own = own;
    }

    /**
     * What a question tells the scores.
     *
     * @param visual tokens as they enter the language model
     * @param words the same of all words
     * @param attention that each visual token received in the layer, see {@link Attended#received}
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
    public record Example(Matrix visual, Matrix words, float[] attention) {}

    /**
     * The mean squared distance of scores and attention, standardised for each question.
     *
     * @param measure whether to tell how alike they rank the tokens, and how many of the best quarter are the same
     */
    public Measured apply(AnswerBatch batch, boolean measure) {
        List<Example> examples = examples(batch);
        Tensor[] losses = new Tensor[examples.size()];
        Map<String, Share> shares = new TreeMap<>();
        for (int i = 0; i < losses.length; i++) {
            Example e = examples.get(i);
            Tensor said = scores.predict(own, TensorRows.tensor(e.visual()), TensorRows.tensor(e.words()))
                    .view(-1);
            Tensor target = Tensors.of(Attended.standardised(e.attention()), e.attention().length);
            losses[i] = said.sub(target).square().mean().view(1);
            if (measure) {
                float[] values = Tensors.floats(said);
                shares.merge("rank_correlation", Attended.alike(values, e.attention()), Share::plus);
                shares.merge("same_quarter", Attended.sameQuarter(values, e.attention()), Share::plus);
            }
        }
        return new Measured(Tensors.cat(0, losses).mean(), shares);
    }

    /** Every question of a batch, by itself. */
    public List<Example> examples(AnswerBatch batch) {
        Apart apart = Apart.of(batch);
        List<EncodedImage> pictures = FrozenEncoder.encode(model, batch, PlanRun.plain());
        try (Scope ignored = Scope.inference()) {
            List<Example> examples = new ArrayList<>();
            PlanRun run = PlanRun.of(watching(examples), PlanRun.Question.none(), null);
            List<Prompt> prompts = new ArrayList<>();
            for (int q = 0; q < apart.batch().samples(); q++) {
                prompts.add(question(apart, q, pictures, run));
            }
            TrainingPath.of(model).read(prompts);
            return examples;
        } finally {
            pictures.forEach(EncodedImage::close);
        }
    }

    private static Prompt question(Apart apart, int question, List<EncodedImage> pictures, PlanRun run) {
        AnswerBatch batch = apart.batch();
        int last = batch.place(question).words()[0];
        Span picture = new Span.Picture(pictures.get(apart.pictures()[question]));
        return AnswerObjective.prompt(
                batch, question, List.of(picture), run, null, last + 1, new int[] {AnswerBatch.LEAD + last});
    }

    /** Looks at what enters the language model, and at the attention of the layer; changes nothing. */
    private Plan watching(List<Example> seen) {
        List<Matrix> visual = new ArrayList<>();
        List<Matrix> words = new ArrayList<>();
        var map = new Signal.DecoderAttentionMap(layer);
        return Plan.of(
                "guidance",
                new Step(new Station.Prompt(), List.of(VISUAL, WORDS), s -> {
                    visual.add(s.get(VISUAL));
                    words.add(s.get(WORDS));
                    return Outcome.of(new Decision.Unchanged());
                }),
                new Step(new Station.Decoder(layer), List.of(map), s -> {
                    int question = seen.size();
                    float[] attention = Attended.received(s.get(map), s.layout().visual());
                    seen.add(new Example(visual.get(question), words.get(question), attention));
                    return Outcome.of(new Decision.Unchanged());
                }));
    }
}

package dev.fovea.train.objective;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.TrainingPath;
import dev.fovea.core.engine.TrainingPath.Prompt;
import dev.fovea.core.engine.TrainingPath.Read;
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
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Share;
import dev.fovea.train.report.Figures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Gates that say whether visual tokens may leave behind a layer (DyVTE, arXiv 2411.19628, section 4.2), held against
 * what happens when they do. The model stands still, and is read twice: as it is, and with all visual tokens gone behind
 * the layer. Where the answer comes out the same and no less sure, they may leave.
 */
public final class ExitObjective {
    private static final Signal.DecoderHidden WORDS = new Signal.DecoderHidden(PromptTokens.INSTRUCTION, false);

    private final ModelParts model;
    private final IntFunction<Predictor> gates;
    private final Weights own;

    /**
     * @param model stands still
     * @param gates of every layer: states of a question {@code [words, width] -> [1, 2]}, the logits of stay and exit
     * @param own weights of the gates, which learn
     */
    public ExitObjective(ModelParts model, IntFunction<Predictor> gates, Weights own) {
        this.model = model;
        this.gates = gates;
        this.own = own;
    }

    /**
     * What a question tells a gate.
     *
     * @param question states of its words behind the layer, without gradient: {@code [words, width]}
     * @param exit whether the pictures may leave there
     */
    public record Example(Matrix question, boolean exit) {}

    /**
     * The label of an exit.
     *
     * @param agree share of the answer's tokens at which the likeliest token is the same with and without the pictures,
     *     given the right ones before it
     * @param with mean cross-entropy of the answer with the pictures
     * @param without the same without them
     */
    public static boolean mayLeave(double agree, double with, double without) {
        return agree > 0.99 && without < 1.03 * with;
    }

    /**
     * Mean cross-entropy of the gates of all layers. The code of the paper draws one layer for each step; all of them at
     * once have the same gradient on average, and share the encoder and the pass that keeps its visual tokens.
     *
     * @param measure whether to tell how often each gate is right, and how often the pictures may leave
     */
    public Measured apply(AnswerBatch batch, boolean measure) {
        int[] layers = IntStream.range(0, layers()).toArray();
        List<List<Example>> examples = examples(batch, layers);
        Tensor[] losses = new Tensor[layers.length];
        Map<String, Share> shares = new TreeMap<>();
        for (int layer : layers) {
            Measured one = judged(layer, examples.get(layer), measure);
            losses[layer] = one.loss();
            one.accuracies().forEach((name, share) -> shares.merge(name, share, Share::plus));
        }
        return new Measured(torch.stack(new TensorVector(losses)).mean(), shares);
    }

    private int layers() {
        return model.decoder().layers().size();
    }

    private Measured judged(int layer, List<Example> examples, boolean measure) {
        Predictor gate = gates.apply(layer);
        Tensor[] each = examples.stream()
                .map(Example::question)
                .map(q -> gate.predict(own, TensorRows.tensor(q)))
                .toArray(Tensor[]::new);
        Tensor logits = Tensors.cat(0, each);
        int[] labels = examples.stream().mapToInt(e -> e.exit() ? 1 : 0).toArray();
        Tensor loss = torch.cross_entropy_loss(logits, Tensors.indices(labels));
        return new Measured(loss, measure ? shares(layer, Tensors.floats(logits), labels) : Map.of());
    }

    private static Map<String, Share> shares(int layer, float[] logits, int[] labels) {
        int right = 0;
        for (int i = 0; i < labels.length; i++) {
            int said = logits[2 * i] < logits[2 * i + 1] ? 1 : 0;
            right += said == labels[i] ? 1 : 0;
        }
        Share gates = new Share(right, labels.length);
        Share leave = new Share(Arrays.stream(labels).sum(), labels.length);
        return Map.of(Figures.OVERALL, gates, "gate_" + layer, gates, "may_leave_" + layer, leave);
    }

    /** For each of these layers every question of a batch, with what the gate sees and shall say. */
    public List<List<Example>> examples(AnswerBatch batch, int... layers) {
        List<EncodedImage> pictures = FrozenEncoder.encode(model, batch, PlanRun.plain());
        try (Scope ignored = Scope.inference()) {
            TrainingPath path = TrainingPath.of(model);
            Read with = path.read(prompts(batch, pictures, Plan.plain()));
            List<Matrix> seen = apart(batch, with.logits());
            List<List<Example>> all = new ArrayList<>();
            for (int layer : layers) {
                if (layer == layers() - 1) {
                    // There is no station behind the last layer, and nothing left to be spared.
                    all.add(labelled(batch, apart(batch, with.states()), seen, seen));
                } else {
                    List<Matrix> states = new ArrayList<>();
                    Read without = path.read(prompts(batch, pictures, leaving(layer, states::add)));
                    all.add(labelled(batch, states, seen, apart(batch, without.logits())));
                }
            }
            return all;
        } finally {
            pictures.forEach(EncodedImage::close);
        }
    }

    /** All visual tokens leave behind a layer, whose states of the words are shown. */
    private static Plan leaving(int layer, Consumer<Matrix> show) {
        return Plan.of("exit", new Step(new Station.Decoder(layer + 1), List.of(WORDS), s -> {
            show.accept(s.get(WORDS));
            return Outcome.of(new Decision.DropAllVisual(Decision.Positions.ORIGINAL));
        }));
    }

    /** Every picture with its questions, of which every word is asked. */
    private static List<Prompt> prompts(AnswerBatch batch, List<EncodedImage> pictures, Plan plan) {
        List<Prompt> prompts = new ArrayList<>();
        for (int s = 0; s < batch.samples(); s++) {
            int words = AnswerObjective.used(batch, s);
            int[] asked =
                    IntStream.range(AnswerBatch.LEAD, AnswerBatch.LEAD + words).toArray();
            PlanRun run = PlanRun.of(plan, PlanRun.Question.none(), null);
            prompts.add(AnswerObjective.prompt(
                    batch, s, List.of(new Span.Picture(pictures.get(s))), run, null, words, asked));
        }
        return prompts;
    }

    /** Rows of all words, by sample. */
    private static List<Matrix> apart(AnswerBatch batch, Tensor rows) {
        float[] all = Tensors.floats(rows);
        int width = (int) rows.size(1);
        List<Matrix> out = new ArrayList<>();
        int from = 0;
        for (int s = 0; s < batch.samples(); s++) {
            int to = from + AnswerObjective.used(batch, s) * width;
            out.add(new Matrix((to - from) / width, width, Arrays.copyOfRange(all, from, to)));
            from = to;
        }
        return out;
    }

    private static List<Example> labelled(
            AnswerBatch batch, List<Matrix> states, List<Matrix> with, List<Matrix> without) {
        List<Example> out = new ArrayList<>();
        for (int a = 0; a < batch.targets().asked().size(); a++) {
            AnswerBatch.Place place = batch.place(a);
            AnswerTokens own = new AnswerTokens(with.get(place.sample()), place.words(), place.ids());
            AnswerTokens blind = new AnswerTokens(without.get(place.sample()), place.words(), place.ids());
            out.add(new Example(
                    question(place, states.get(place.sample())),
                    mayLeave(own.agreement(blind), own.crossEntropy(), blind.crossEntropy())));
        }
        return out;
    }

    /** States of the words from the beginning of a conversation up to the one that the answer follows. */
    private static Matrix question(AnswerBatch.Place place, Matrix states) {
        int width = states.cols();
        int words = place.words()[0] + 1 - place.begin();
        int from = place.begin() * width;
        return new Matrix(words, width, Arrays.copyOfRange(states.data(), from, from + words * width));
    }
}

package dev.fovea.techniques.learned;

import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.learned.Predictor;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Decision.Positions;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.PromptTokens;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.path.TensorRows;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.techniques.primitives.TopK;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * CoViPAL (arXiv 2508.17243): a small module reads visual tokens and words before the language model, scores the visual
 * tokens, and the best of them stay. It learns first to imitate the attention of a deeper layer, then from the answers.
 */
public final class CoViPal implements LearnedTechnique {
    private static final Card CARD = Card.of("""
            id        covipal
            title     CoViPAL: Layer-wise Contextualized Visual Token Pruning for Large Vision-Language Models
            arxiv     2508.17243
            summary   Before the language model a small module reads visual tokens and words and keeps the visual tokens
                      that it scores highest.
            stations  prompt, decoder
            budget    Share of the visual tokens that stay (the paper's reserve ratio), rounded down, at least one.
            trained   yes
            knob      layer = 0/28 decoder layers from 0: Decoder layer in front of which the module sits.
            knob      positions = by-depth | renumbered | original: Position ids of what stays; by-depth renumbers
                      counted ones in front of the first layer and keeps all others.
            knob      width = auto, whole 4..4096: Channels of the module, a multiple of 4; auto is a quarter of the
                      language model's and at most 256.
            knob      blocks = 2, whole 1..64: Transformer blocks of the module.
            knob      guide = 16/28 decoder layers from 0: Decoder layer whose attention the module first learns to
                      imitate; no answer depends on it.
            knob      temperature = 0.1, 0.01..10: Softness of the choice while the module learns from answers; no answer
                      depends on it.
            note      The paper's code is not public. The inside of the module, rounding, order and positions of what
                      stays, the loss of the second stage and that one set of weights serves every budget are inferred.
            note      Several pictures are scored together, and share what stays by their scores.
            """);

    private static final Signal.DecoderHidden VISUAL = new Signal.DecoderHidden();
    private static final Signal.DecoderHidden WORDS = new Signal.DecoderHidden(PromptTokens.TEXT, false);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Declaration declaration(ModelShape shape, Knobs knobs) {
        Declaration.Builder own = Declaration.begin();
        module(shape, knobs).declare(own);
        return own.build();
    }

    /** {@code scores}: visual tokens and words, each {@code [tokens, width]}, to {@code [visual, 1]}. */
    @Override
    public Map<String, Predictor> predictors(ModelShape shape, Knobs knobs) {
        PruningModule module = module(shape, knobs);
        return Map.of("scores", (own, in) -> module.score(own, in[0], in[1]));
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs, Weights own) {
        PruningModule module = module(shape, knobs);
        int layer = knobs.layer("layer", shape);
        Positions positions = knobs.is("positions", "renumbered") ? Positions.RENUMBERED : Positions.ORIGINAL;
        double temperature = knobs.number("temperature");
        // The prompt's own station renumbers counted positions by itself.
        boolean prompt = layer == 0 && !knobs.is("positions", "original");
        Station station = prompt ? new Station.Prompt() : new Station.Decoder(layer);
        return List.of(new Step(station, List.of(VISUAL, WORDS), s -> {
                    Tensor scores = module.score(own, s.tensor(VISUAL), s.tensor(WORDS));
                    float[] values = Tensors.floats(scores);
                    int count = count(budget, shape, s.layout());
                    Decision decision = s.training()
                            ? new Decision.Gate(new TensorRows(retention(scores, values, count, temperature)))
                            : new Decision.Keep(TopK.largestInOrder(values, count), positions);
                    return Outcome.of(decision, values);
                })
                .working(module::flops));
    }

    /** {@code int(r n)}, at least 1; a share that means a whole number of tokens means them. */
    private static int count(Budget budget, ModelShape shape, Layout layout) {
        double share = budget.shareOf(shape.visualTokens());
        int count = (int) Math.floor(share * layout.total() + 1e-6);
        return Math.min(Math.max(1, count), layout.visualCount());
    }

    /**
     * How much of each token stays while the module learns: {@code sigmoid((S - tau) / T)}, where tau is the last score
     * that would be kept and takes no gradient.
     *
     * @param scores {@code [visual, 1]}
     * @param values the same on the heap
     */
    static Tensor retention(Tensor scores, float[] values, int count, double temperature) {
        double tau = values[TopK.largest(values, count)[count - 1]];
        return torch.sigmoid(Tensors.scale(Tensors.add(scores, -tau), 1 / temperature));
    }

    private static PruningModule module(ModelShape shape, Knobs knobs) {
        int width = shape.decoderWidth();
        int heads = PruningModule.HEADS;
        int inner = knobs.integer("width", Math.clamp(width / (4 * heads), 1, 256 / heads) * heads);
        if (inner % heads != 0) {
            throw new IllegalArgumentException("Knob 'width' of technique 'covipal' must be a multiple of " + heads
                    + ", the module's heads, got " + inner + ".");
        }
        return new PruningModule(width, inner, knobs.integer("blocks"));
    }
}

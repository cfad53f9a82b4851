package dev.fovea.techniques.decoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.DecoderQueries;
import dev.fovea.core.path.Signal.KeyScope;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.RandomSubset;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.List;

/**
 * FastV (arXiv 2403.06764, section 4): after K full layers keep the visual tokens that the last prompt token attends to
 * most in layer K. This is the variant with a KV cache: pruned once in prefill, original positions.
 */
public final class FastV implements Technique {
    private static final Card CARD = Card.of("""
            id        fastv
            title     An Image is Worth 1/2 Tokens After Layer 2: Plug-and-Play Inference Acceleration for Large
                      Vision-Language Models
            arxiv     2403.06764
            summary   After K decoder layers keeps the visual tokens that the last prompt token attends to most.
            stations  decoder
            budget    Visual tokens left after layer K (the paper's 1 - R), not the average over layers.
            knob      k = 2/32 decoder layers from 0: Layers that see all tokens; 0 keeps a random subset before the
                      first layer.
            knob      softmax = all | visual: Keys of the score's softmax: all (original code) or visual only (FEATHER's
                      baseline).
            knob      rope = on | off: Whether the score sees rotary positions.
            knob      seed = 0, whole 0..2147483647: Seed of the random subset for k=0.
            note      Of the published variants this is the one with a KV cache: pruned once, positions kept.
            note      The score is the last prompt token's row, as in all published code; the paper's text says the
                      average over all tokens.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        int k = knobs.layer("k", shape);
        if (k == 0) {
            int seed = knobs.integer("seed");
            return List.of(new Step(new Station.Decoder(0), List.of(), s -> {
                int count = Spending.inPrompt(budget, shape, s.layout());
                return Outcome.of(Decision.Keep.of(RandomSubset.of(s.layout().visualCount(), count, seed)));
            }));
        }
        KeyScope scope = knobs.is("softmax", "all") ? KeyScope.ALL : KeyScope.VISUAL;
        Signal.DecoderAttention attention =
                new Signal.DecoderAttention(k - 1, DecoderQueries.LAST, scope, knobs.flag("rope"));
        return List.of(new Step(new Station.Decoder(k), List.of(attention), s -> {
            float[] scores = Vectors.pick(s.get(attention), s.layout().visual());
            int[] kept = TopK.largestInOrder(scores, Spending.inPrompt(budget, shape, s.layout()));
            return Outcome.of(Decision.Keep.of(kept), scores);
        }));
    }
}

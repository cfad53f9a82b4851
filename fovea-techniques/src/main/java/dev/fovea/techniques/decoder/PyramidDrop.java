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
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.List;

/**
 * PyramidDrop (arXiv 2410.17247): after each of three depths a constant share of the visual tokens stays, ranked by the
 * last instruction token with the projections of the next layer; positions are renumbered.
 */
public final class PyramidDrop implements Technique {
    private static final Card CARD = Card.of("""
            id        pyramiddrop
            title     PyramidDrop: Accelerating Your Large Vision-Language Models via Pyramid Visual Redundancy
                      Reduction
            arxiv     2410.17247
            summary   Keeps a constant share of the visual tokens after each of three decoder depths, ranked by the last
                      instruction token.
            stations  decoder
            budget    Average visual tokens per decoder layer; lambda solves [l1 + (l2 - l1) lambda + (l3 - l2) lambda^2
                      + (L - l3) lambda^3] / L = budget (0.5 gives 46.9 % at the published depth).
            full      acts with lambda
            knob      l1 = 8/32 decoder layers: Layers before the first drop.
            knob      l2 = 16/32 decoder layers: Layers before the second drop.
            knob      l3 = 24/32 decoder layers: Layers before the third drop.
            knob      lambda = auto, share: Share kept by each stage (paper: 0.5); auto follows the budget, a number
                      replaces it.
            note      Where the published layers leave no room for a small budget, all move to earlier layers; an
                      average that no layer allows is refused.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        PyramidSchedule s = PyramidSchedule.of(shape, budget, knobs);
        return List.of(
                drop(s.l1(), s.lambda()),
                drop(s.l2(), s.lambda() * s.lambda()),
                drop(s.l3(), s.lambda() * s.lambda() * s.lambda()));
    }

    private static Step drop(int layer, double share) {
        Signal.DecoderAttention attention = new Signal.DecoderAttention(layer, DecoderQueries.LAST, KeyScope.ALL, true);
        return new Step(new Station.Decoder(layer), List.of(attention), s -> {
            float[] scores = Vectors.pick(s.get(attention), s.layout().visual());
            int count = Math.clamp((long) (s.layout().total() * share + 1e-9), 1, scores.length);
            int[] kept = TopK.largestInOrder(scores, count);
            return Outcome.of(new Decision.Keep(kept, Decision.Positions.RENUMBERED), scores);
        });
    }
}

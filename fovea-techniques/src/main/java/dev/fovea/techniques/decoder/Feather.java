package dev.fovea.techniques.decoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
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
import dev.fovea.techniques.primitives.UniformGrid;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * FEATHER (arXiv 2412.13180): FastV's score without rotary positions, a uniform grid kept beside it at the first
 * pruning point, and a second, harder pruning point without the grid.
 */
public final class Feather implements Technique {
    private static final Card CARD = Card.of("""
            id        feather
            title     Feather the Throttle: Revisiting Visual Token Pruning for Vision-Language Model Acceleration
            arxiv     2412.13180
            summary   Prunes twice inside the decoder by attention without rotary positions, keeping a uniform grid the
                      first time.
            stations  decoder
            budget    Average visual tokens per decoder layer; the keep share rho solves [k1 + (k2 - k1) u + (L - k2) u
                      rho^2] / L = budget with u = rho + (1 - rho) * grid share.
            full      acts with r
            knob      k1 = 8/32 decoder layers: Layers before the first pruning.
            knob      k2 = 16/32 decoder layers: Layers before the second pruning.
            knob      r = auto, share: Share dropped by score at the first pruning (paper: 0.7); auto follows the
                      budget, a number replaces it.
            knob      stride = 3, whole 0..4096: Spacing of the protected grid; 0 for no grid.
            knob      rope = off | on: Whether the score sees rotary positions.
            knob      softmax = visual | all: Keys over which the score's softmax runs.
            knob      reads = average | kept: What a budget means: the average tokens per layer, or the share kept by
                      score at the first pruning (1 - r).
            note      Where the published layers leave no room for a small budget, both move to earlier layers; an
                      average that no layer allows is refused.
            """);

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        FeatherSchedule schedule = FeatherSchedule.of(shape, budget, knobs);
        int stride = knobs.integer("stride");
        double keep = schedule.keep();
        return List.of(
                prune(schedule.k1(), knobs, (scores, layout) -> {
                    int[] top = TopK.largest(scores, Math.min(truncated(layout.total() * keep), scores.length));
                    IntStream grid = UniformGrid.onStride(layout, stride);
                    return IntStream.concat(Arrays.stream(top), grid)
                            .sorted()
                            .distinct()
                            .toArray();
                }),
                prune(
                        schedule.k2(),
                        knobs,
                        (scores, layout) ->
                                TopK.largestInOrder(scores, Math.max(1, truncated(scores.length * keep * keep)))));
    }

    private static Step prune(int layer, Knobs knobs, BiFunction<float[], Layout, int[]> choice) {
        KeyScope scope = knobs.is("softmax", "all") ? KeyScope.ALL : KeyScope.VISUAL;
        Signal.DecoderAttention attention =
                new Signal.DecoderAttention(layer - 1, DecoderQueries.LAST, scope, knobs.flag("rope"));
        return new Step(new Station.Decoder(layer), List.of(attention), s -> {
            float[] scores = Vectors.pick(s.get(attention), s.layout().visual());
            return Outcome.of(Decision.Keep.of(choice.apply(scores, s.layout())), scores);
        });
    }

    /** Truncation that does not fall one short where the product should be a whole number. */
    private static int truncated(double count) {
        return (int) (count + 1e-9);
    }
}

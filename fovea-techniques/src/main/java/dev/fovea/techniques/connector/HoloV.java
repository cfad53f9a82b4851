package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.MergeBuilder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * HoloV (arXiv 2510.02912): consecutive crops of the token sequence share the budget by attention and by how varied the
 * similarities inside them are; each crop keeps its most attended tokens.
 */
public final class HoloV implements Technique {
    private static final Card CARD = Card.of("""
            id          holov
            title       Don't Just Chase "Highlighted Tokens" in MLLMs: Revisiting Visual Holistic Context Retention
            arxiv       2510.02912
            summary     Gives every crop of the picture a share of the budget and keeps the most attended tokens inside
                        each.
            stations    connector
            budget      Tokens kept per image, exactly.
            knob        crops = 16, whole 1..4096: Consecutive runs of tokens (P).
            knob        beta = 0.09, 0..100: Weight of similarity variance (paper's formula: 1).
            knob        tau = 1, 0..10: Power applied to crop scores.
            knob        overflow = redistribute | official: Quotas above a crop's size: hand the surplus to other crops
                        (paper), or fill up with zero vectors (official code).
            knob        select = attention | score: Inside a crop rank by attention (official code) or by the combined
                        score (paper).
            knob        order = official | raster: Inside a crop by falling rank (official code), or everything in
                        raster order.
            substitute  class-attention
            """);

    private static final Signal.Projected TOKENS = new Signal.Projected();

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        Signal.EncoderAttention attention = Shapes.saliency(shape, shape.featureLayers() - 1, Heads.MEAN);
        return List.of(new Step(new Station.Projector(), List.of(TOKENS, attention), s -> {
            float[] scores = s.get(attention);
            int count = Spending.perImage(budget, s.layout());
            return Outcome.of(keep(kept(s.get(TOKENS), scores, count, knobs), count, scores.length), scores);
        }));
    }

    private static int[] kept(Matrix tokens, float[] scores, int count, Knobs knobs) {
        HoloVCrops split = HoloVCrops.of(tokens, scores, knobs.integer("crops"), knobs.number("beta"));
        double[] weights = split.weights(knobs.number("tau"));
        int[] quotas = HoloVCrops.quotas(weights, count);
        if (knobs.is("overflow", "redistribute")) {
            HoloVCrops.redistribute(quotas, weights, split.sizes(), count);
        }
        int[] kept = split.select(quotas, knobs.is("select", "score") ? split.scores() : scores);
        if (knobs.is("order", "raster")) {
            Arrays.sort(kept);
        }
        return kept;
    }

    private static Decision keep(int[] kept, int count, int present) {
        if (kept.length < count) {
            MergeBuilder merge = new MergeBuilder().keep(kept);
            while (merge.size() < count) {
                merge.zero();
            }
            return merge.build();
        }
        boolean all = Arrays.equals(kept, IntStream.range(0, present).toArray());
        return all ? new Decision.Unchanged() : Decision.Keep.of(kept);
    }
}

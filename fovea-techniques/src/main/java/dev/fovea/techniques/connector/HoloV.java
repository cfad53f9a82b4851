package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.Heads;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knob;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.MergeBuilder;
import java.util.Arrays;
import java.util.List;

/**
 * HoloV (arXiv 2510.02912): consecutive crops of the token sequence share the budget by attention and by how varied the
 * similarities inside them are; each crop keeps its most attended tokens.
 */
public final class HoloV implements Technique {
    private static final Card CARD = new Card(
            "holov",
            "Don't Just Chase \"Highlighted Tokens\" in MLLMs: Revisiting Visual Holistic Context Retention",
            "2510.02912",
            "Gives every crop of the picture a share of the budget and keeps the most attended tokens inside each.",
            List.of("connector"),
            List.of(
                    Knob.number("crops", "16", 1, 4096, "Consecutive runs of tokens (P)."),
                    Knob.number("beta", "0.09", 0, 100, "Weight of similarity variance (paper's formula: 1)."),
                    Knob.number("tau", "1", 0, 10, "Power applied to crop scores."),
                    Knob.choice(
                            "overflow",
                            "redistribute",
                            List.of("redistribute", "official"),
                            "Quotas above a crop's size: hand the surplus to other crops (paper), or fill up with zero "
                                    + "vectors (official code)."),
                    Knob.choice(
                            "select",
                            "attention",
                            List.of("attention", "score"),
                            "Inside a crop rank by attention (official code) or by the combined score (paper)."),
                    Knob.choice(
                            "order",
                            "official",
                            List.of("official", "raster"),
                            "Inside a crop by falling rank (official code), or everything in raster order.")),
            false,
            List.of("Budget: tokens kept per image, exactly.", Shapes.SALIENCY_NOTE));

    private static final Signal.Projected TOKENS = new Signal.Projected();

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        if (budget.isFull(shape.visualTokens())) {
            return Plan.of(CARD.id());
        }
        Rule rule = new Rule(
                Shapes.saliency(shape, shape.featureLayers() - 1, Heads.MEAN),
                budget,
                knobs.integer("crops"),
                knobs.number("beta"),
                knobs.number("tau"),
                knobs.text("overflow").equals("redistribute"),
                knobs.text("select").equals("score"),
                knobs.text("order").equals("raster"));
        return Plan.of(CARD.id(), new Step(new Station.Projector(), List.of(TOKENS, rule.attention), rule::decide));
    }

    private record Rule(
            Signal.EncoderAttention attention,
            Budget budget,
            int crops,
            double beta,
            double tau,
            boolean redistribute,
            boolean byScore,
            boolean raster) {

        Outcome decide(Signals signals) {
            Matrix tokens = signals.get(TOKENS);
            float[] scores = signals.get(attention);
            int count = Spending.perImage(budget, signals.layout());
            int[] kept = kept(tokens, scores, count);
            if (kept.length == count) {
                return Outcome.of(
                        inOrder(kept, tokens.rows()) ? new Decision.Unchanged() : Decision.Keep.of(kept), scores);
            }
            MergeBuilder merge = new MergeBuilder().keep(kept);
            while (merge.size() < count) {
                merge.zero();
            }
            return Outcome.of(merge.build(), scores);
        }

        private int[] kept(Matrix tokens, float[] scores, int count) {
            HoloVCrops split = HoloVCrops.of(tokens, scores, crops, beta);
            double[] weights = split.weights(tau);
            int[] quotas = HoloVCrops.quotas(weights, count);
            if (redistribute) {
                HoloVCrops.redistribute(quotas, weights, split.sizes(), count);
            }
            int[] kept = split.select(quotas, byScore ? split.scores() : scores);
            if (raster) {
                Arrays.sort(kept);
            }
            return kept;
        }

        private static boolean inOrder(int[] kept, int n) {
            for (int i = 0; i < kept.length; i++) {
                if (kept[i] != i) {
                    return false;
                }
            }
            return kept.length == n;
        }
    }
}

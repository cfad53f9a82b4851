package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.EncoderQueries;
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
import dev.fovea.techniques.Depth;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * HiPrune (arXiv 2508.00553): anchors most attended in a middle encoder layer, their grid neighbours as buffers, and
 * registers most attended in the last used layer. No text, no class token needed.
 */
public final class HiPrune implements Technique {
    private static final Card CARD = new Card(
            "hiprune",
            "HiPrune: Training-Free Visual Token Pruning via Hierarchical Attention in Vision-Language Models",
            "2508.00553",
            "Keeps the patches most attended in a middle encoder layer, their neighbours, and the patches most "
                    + "attended in the last used layer.",
            List.of("connector"),
            List.of(
                    Knob.number("alpha", "0.1", 0, 1, "Share of the budget for anchors and their neighbours."),
                    Knob.number("layer", "auto", 1, 1000, "Object layer, counted from 1; auto is 9 of 24."),
                    Knob.number("deep", "auto", 1, 1000, "Register layer, counted from 1; auto is the feature layer."),
                    Knob.choice(
                            "neighbours",
                            "official",
                            List.of("official", "paper", "clean"),
                            "Neighbours outside the grid: clamped to its first or last token (official code), dropped "
                                    + "(paper), or dropped also across row ends (clean)."),
                    Knob.choice(
                            "attention",
                            "received",
                            List.of("received", "cls"),
                            "Rank by the attention received from all tokens or from the class token alone."),
                    Knob.number(
                            "beta",
                            "0",
                            0,
                            1,
                            "HiPrune++: share of the budget for the tokens closest to the question (paper: 0.1).")),
            false,
            List.of(
                    "Budget: tokens kept per image, exactly.",
                    "HiPrune++ (beta above 0) takes its tokens from the same budget; the paper does not say how the "
                            + "two share it.",
                    TextAffinity.NOTE));

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        if (budget.isFull(shape.visualTokens())) {
            return Plan.of(CARD.id());
        }
        boolean fromCls = knobs.text("attention").equals("cls");
        if (fromCls && !shape.hasCls()) {
            throw new IllegalArgumentException("Technique 'hiprune' with attention=cls needs an encoder with a class "
                    + "token; this model has none, use attention=received.");
        }
        EncoderQueries queries = fromCls ? EncoderQueries.CLS : EncoderQueries.ALL;
        int objectLayer = knobs.integer("layer", Depth.scaled(9, Depth.ENCODER, shape.encoderLayers()));
        int deepLayer = knobs.integer("deep", shape.featureLayers());
        Shapes.requireEncoderLayer(objectLayer, "layer", shape, CARD.id());
        Shapes.requireEncoderLayer(deepLayer, "deep", shape, CARD.id());
        Rule rule = new Rule(
                new Signal.EncoderAttention(objectLayer - 1, queries, Heads.MEAN),
                new Signal.EncoderAttention(deepLayer - 1, queries, Heads.MEAN),
                budget,
                knobs.number("alpha"),
                knobs.number("beta"),
                knobs.text("neighbours"),
                new TextAffinity(shape));
        return Plan.of(CARD.id(), new Step(new Station.Connector(), rule.needs(), rule::decide));
    }

    private record Rule(
            Signal.EncoderAttention object,
            Signal.EncoderAttention deep,
            Budget budget,
            double alpha,
            double beta,
            String neighbours,
            TextAffinity text) {

        List<Signal<?>> needs() {
            List<Signal<?>> needs = new ArrayList<>();
            needs.add(object);
            if (!deep.equals(object)) {
                needs.add(deep);
            }
            if (beta > 0) {
                needs.addAll(text.needs());
            }
            return needs;
        }

        Outcome decide(Signals signals) {
            Shapes.requireWholeGrid(signals.layout(), CARD.id());
            int count = Spending.perImage(budget, signals.layout());
            int fromText = (int) Math.rint(beta * count);
            float[] registers = signals.get(deep);
            int[] protectedTokens = anchorsAndBuffers(
                    signals.get(object),
                    count - fromText,
                    alpha,
                    neighbours,
                    signals.layout().cols());
            int[] kept = fill(protectedTokens, registers, count - fromText);
            if (fromText > 0) {
                kept = fill(kept, text.cosines(signals), count);
            }
            return Outcome.of(Decision.Keep.of(kept), registers);
        }
    }

    /**
     * Steps 2 to 5 of the method, at most {@code count} tokens.
     *
     * @param scores received attention in the object layer, per patch
     * @param count the budget
     * @param alpha share of it for anchors with their four neighbours
     * @param neighbours {@code official}, {@code paper} or {@code clean}
     * @param cols width of the grid
     */
    static int[] anchorsAndBuffers(float[] scores, int count, double alpha, String neighbours, int cols) {
        int anchorCount = Math.min((int) Math.rint(alpha * count / 5), scores.length);
        int[] anchors = TopK.largest(scores, anchorCount);
        TreeSet<Integer> chosen = new TreeSet<>();
        for (int anchor : anchors) {
            chosen.add(anchor);
            for (int neighbour : new int[] {anchor - 1, anchor + 1, anchor - cols, anchor + cols}) {
                boolean inside = neighbour >= 0 && neighbour < scores.length;
                if (neighbours.equals("official")) {
                    chosen.add(Math.clamp(neighbour, 0, scores.length - 1));
                } else if (inside && (neighbours.equals("paper") || sameLine(anchor, neighbour, cols))) {
                    chosen.add(neighbour);
                }
            }
        }
        int[] tokens = chosen.stream().mapToInt(Integer::intValue).toArray();
        if (tokens.length <= count) {
            return tokens;
        }
        int[] best = TopK.largestInOrder(Vectors.pick(scores, tokens), count);
        return Arrays.stream(best).map(i -> tokens[i]).toArray();
    }

    private static boolean sameLine(int anchor, int neighbour, int cols) {
        return anchor / cols == neighbour / cols || anchor % cols == neighbour % cols;
    }

    /** The given tokens and the best of the others until {@code count} are kept, ascending. */
    static int[] fill(int[] chosen, float[] scores, int count) {
        int[] others = TopK.others(scores.length, chosen);
        int[] best = TopK.largest(Vectors.pick(scores, others), Math.max(0, count - chosen.length));
        int[] kept = Arrays.copyOf(chosen, chosen.length + best.length);
        for (int i = 0; i < best.length; i++) {
            kept[chosen.length + i] = others[best[i]];
        }
        Arrays.sort(kept);
        return kept;
    }
}

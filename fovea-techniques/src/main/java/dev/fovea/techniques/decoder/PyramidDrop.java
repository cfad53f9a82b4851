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
import java.util.List;

/**
 * PyramidDrop (arXiv 2410.17247): after each of three depths a constant share of the visual tokens stays, ranked by the
 * last instruction token with the projections of the next layer; positions are renumbered.
 */
public final class PyramidDrop implements Technique {
    /** A share per stage below this moves the stages to earlier layers instead. */
    private static final double LEAST_KEEP = 0.1;

    private static final Card CARD = new Card(
            "pyramiddrop",
            "PyramidDrop: Accelerating Your Large Vision-Language Models via Pyramid Visual Redundancy Reduction",
            "2410.17247",
            "Keeps a constant share of the visual tokens after each of three decoder depths, ranked by the last "
                    + "instruction token.",
            List.of("decoder"),
            List.of(
                    Knob.number("l1", "auto", 1, 1000, "Layers before the first drop; auto is 8 of 32."),
                    Knob.number("l2", "auto", 2, 1000, "Layers before the second drop; auto is 16 of 32."),
                    Knob.number("l3", "auto", 3, 1000, "Layers before the third drop; auto is 24 of 32."),
                    Knob.number(
                            "lambda",
                            "auto",
                            0,
                            1,
                            "Share kept by each stage (paper: 0.5); auto follows the budget, a number replaces it.")),
            false,
            List.of(
                    "Budget: average visual tokens per decoder layer; lambda solves [l1 + (l2 - l1) lambda + (l3 - l2) "
                            + "lambda^2 + (L - l3) lambda^3] / L = budget (0.5 gives 46.9 % at the published depth).",
                    "Where the published layers leave no room for a small budget, all move to earlier layers; an "
                            + "average that no layer allows is refused."));

    @Override
    public Card card() {
        return CARD;
    }

    /** Drops before three layers, keeping {@code lambda} of the original tokens, then its square and its cube. */
    record Schedule(int l1, int l2, int l3, double lambda) {
        double average(double keep, int depth) {
            return (l1 + (l2 - l1) * keep + (l3 - l2) * keep * keep + (depth - l3) * keep * keep * keep) / depth;
        }

        Schedule solved(double share, int depth) {
            return new Schedule(l1, l2, l3, Spending.solve(keep -> average(keep, depth), share, 0, 1));
        }
    }

    @Override
    public Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        if (knobs.isAuto("lambda") && budget.isFull(shape.visualTokens())) {
            return Plan.of(CARD.id());
        }
        if (shape.decoderLayers() < 4) {
            throw new IllegalArgumentException("Technique 'pyramiddrop' prunes before three decoder layers and needs "
                    + "at least 4 of them; this model has " + shape.decoderLayers() + ".");
        }
        Schedule s = schedule(shape, budget, knobs);
        List<Step> steps = new ArrayList<>();
        steps.add(step(s.l1, s.lambda));
        steps.add(step(s.l2, s.lambda * s.lambda));
        steps.add(step(s.l3, s.lambda * s.lambda * s.lambda));
        return Plan.of(CARD.id(), steps);
    }

    private static Step step(int layer, double share) {
        Signal.DecoderAttention attention = new Signal.DecoderAttention(layer, DecoderQueries.LAST, KeyScope.ALL, true);
        return new Step(new Station.Decoder(layer), List.of(attention), s -> {
            float[] scores = Vectors.pick(s.get(attention), s.layout().visual());
            int kept = Math.clamp((long) (s.layout().total() * share + 1e-9), 1, scores.length);
            return Outcome.of(
                    new Decision.Keep(TopK.largestInOrder(scores, kept), Decision.Positions.RENUMBERED), scores);
        });
    }

    static Schedule schedule(ModelShape shape, Budget budget, Knobs knobs) {
        int depth = shape.decoderLayers();
        int l1 = knobs.integer("l1", Math.min(Depth.scaled(8, Depth.DECODER, depth), depth - 3));
        int l2 = knobs.integer(
                "l2", Math.clamp(Depth.scaled(16, Depth.DECODER, depth), l1 + 1, Math.max(l1 + 1, depth - 2)));
        int l3 = knobs.integer(
                "l3", Math.clamp(Depth.scaled(24, Depth.DECODER, depth), l2 + 1, Math.max(l2 + 1, depth - 1)));
        Shapes.requireDecoderLayer(l1, "l1", shape, CARD.id());
        Shapes.requireDecoderLayer(l2, "l2", shape, CARD.id());
        Shapes.requireDecoderLayer(l3, "l3", shape, CARD.id());
        if (l1 >= l2 || l2 >= l3) {
            throw new IllegalArgumentException(
                    "Technique 'pyramiddrop' needs l1 < l2 < l3, got " + l1 + ", " + l2 + ", " + l3 + ".");
        }
        if (!knobs.isAuto("lambda")) {
            return new Schedule(l1, l2, l3, knobs.number("lambda"));
        }
        double share = budget.shareOf(shape.visualTokens());
        Schedule solved = new Schedule(l1, l2, l3, 0).solved(share, depth);
        boolean movable = knobs.isAuto("l1") && knobs.isAuto("l2") && knobs.isAuto("l3");
        while (movable && solved.lambda < LEAST_KEEP && solved.l1 > 1) {
            int first = solved.l1 - 1;
            solved = new Schedule(first, 2 * first, 3 * first, 0).solved(share, depth);
        }
        if (share <= solved.average(0, depth)) {
            throw new IllegalArgumentException(
                    "Technique 'pyramiddrop' cannot average so few tokens per layer: with the first drop before layer "
                            + solved.l1 + " of " + depth + " a budget must be above "
                            + (int) Math.ceil(solved.average(0, depth) * shape.visualTokens())
                            + " tokens; give a larger budget or set pyramiddrop:lambda.");
        }
        return solved;
    }
}

package dev.fovea.techniques.decoder;

import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.techniques.Spending;

/**
 * Where and how much PyramidDrop drops: before three layers, keeping {@code lambda} of the original tokens, then its
 * square and its cube.
 */
record PyramidSchedule(int l1, int l2, int l3, double lambda) {
    /** A share per stage below this moves the stages to earlier layers instead. */
    private static final double LEAST_KEEP = 0.1;

    /**
     * The schedule of the knobs, or with {@code lambda=auto} the one that meets the budget.
     *
     * @throws IllegalArgumentException if no share of them does
     */
    static PyramidSchedule of(ModelShape shape, Budget budget, Knobs knobs) {
        int[] l = knobs.layers(shape, "l1", "l2", "l3");
        if (!knobs.isAuto("lambda")) {
            return new PyramidSchedule(l[0], l[1], l[2], knobs.number("lambda"));
        }
        int depth = shape.decoderLayers();
        double share = budget.shareOf(shape.visualTokens());
        PyramidSchedule solved = new PyramidSchedule(l[0], l[1], l[2], 0).solved(share, depth);
        boolean movable = knobs.isAuto("l1") && knobs.isAuto("l2") && knobs.isAuto("l3");
        while (movable && solved.lambda < LEAST_KEEP && solved.l1 > 1) {
            int first = solved.l1 - 1;
            solved = new PyramidSchedule(first, 2 * first, 3 * first, 0).solved(share, depth);
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

    /** Average tokens per layer, as a share of all. */
    private double average(double keep, int depth) {
        return (l1 + (l2 - l1) * keep + (l3 - l2) * keep * keep + (depth - l3) * keep * keep * keep) / depth;
    }

    private PyramidSchedule solved(double share, int depth) {
        return new PyramidSchedule(l1, l2, l3, Spending.solve(keep -> average(keep, depth), share, 0, 1));
    }
}

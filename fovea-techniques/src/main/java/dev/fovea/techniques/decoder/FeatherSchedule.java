package dev.fovea.techniques.decoder;

import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.techniques.Spending;
import dev.fovea.techniques.primitives.UniformGrid;

/** Where and how much FEATHER prunes: before layers {@code k1 < k2}, keeping {@code keep} and then its square. */
record FeatherSchedule(int k1, int k2, double keep) {
    /** A first pruning point that would have to keep less than this by score is moved to an earlier layer instead. */
    private static final double LEAST_KEEP = 0.1;

    /**
     * The schedule of the knobs, or with {@code r=auto} the one that meets the budget.
     *
     * @throws IllegalArgumentException if no share does
     */
    static FeatherSchedule of(ModelShape shape, Budget budget, Knobs knobs) {
        int depth = shape.decoderLayers();
        int[] k = knobs.layers(shape, "k1", "k2");
        double share = budget.shareOf(shape.visualTokens());
        if (!knobs.isAuto("r")) {
            return new FeatherSchedule(k[0], k[1], 1 - knobs.number("r"));
        }
        if (knobs.is("reads", "kept")) {
            return new FeatherSchedule(k[0], k[1], share);
        }
        int stride = knobs.integer("stride");
        double grid = stride == 0
                ? 0
                : (double) UniformGrid.strided(shape.gridRows(), shape.gridCols(), stride).length / shape.patches();
        boolean movable = knobs.isAuto("k1") && knobs.isAuto("k2");
        FeatherSchedule solved = solve(k[0], k[1], depth, grid, share);
        while (movable && solved.keep < LEAST_KEEP && solved.k1 > 1) {
            int earlier = solved.k1 - 1;
            solved = solve(earlier, Math.min(2 * earlier, depth - 1), depth, grid, share);
        }
        double least = averageShare(solved.k1, solved.k2, depth, 0, grid);
        if (share <= least) {
            throw new IllegalArgumentException(
                    "Technique 'feather' cannot average so few tokens per layer: with pruning before layers "
                            + solved.k1
                            + " and " + solved.k2 + " of " + depth + " a budget must be above "
                            + (int) Math.ceil(least * shape.visualTokens()) + " tokens; give a larger budget or set "
                            + "feather:reads=kept.");
        }
        return solved;
    }

    private static FeatherSchedule solve(int k1, int k2, int depth, double grid, double share) {
        return new FeatherSchedule(
                k1, k2, Spending.solve(keep -> averageShare(k1, k2, depth, keep, grid), share, 0, 1));
    }

    /** Expected visual tokens per layer, as a share of all, if score and grid choose independently. */
    static double averageShare(int k1, int k2, int depth, double keep, double grid) {
        double first = keep + (1 - keep) * grid;
        return (k1 + (k2 - k1) * first + (depth - k2) * first * keep * keep) / depth;
    }
}

package dev.fovea.techniques.connector;

import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;

/**
 * VFlowOpt's settings for one model and budget.
 *
 * @param r0 share kept behind the projector
 * @param r1 share of those kept at the first decoder cut
 * @param r2 share of those kept at the second decoder cut
 * @param threshold of global tokens
 * @param cell side of a recycling cell in tokens
 * @param entropyWeight weight of patch entropy
 * @param compatibleGrey whether entropy sees the released code's wrapped pixels
 */
record VFlowSettings(
        double r0, double r1, double r2, double threshold, double cell, double entropyWeight, boolean compatibleGrey) {
    /** Released settings: share, r0, r1, threshold, cell on a grid 27 wide. Nothing is pruned at share 1. */
    private static final double[][] RELEASED = {
        {0.10, 0.11662, 1.0, 39.265, 17.387},
        {0.25, 0.26510, 0.98334, 34.760, 15.581},
        {0.50, 0.72332, 0.74875, 28.683, 11.757},
        {1.00, 1.0, 1.0, 28.683, 11.757},
    };

    /** The second cut never keeps less than this; r0 gives way instead. */
    private static final double LEAST_R2 = 0.05;

    static VFlowSettings of(ModelShape shape, Budget budget, Knobs knobs, VFlowBudget equation) {
        double share = budget.shareOf(shape.visualTokens());
        double[] released = interpolated(share);
        double scale = shape.gridCols() / 27.0;
        double r0 = knobs.number("r0", released[1]);
        double r1 = knobs.number("r1", released[2]);
        double r2 = knobs.number("r2", equation.r2(share, r0, r1));
        if (knobs.isAuto("r0") && knobs.isAuto("r2") && (r2 < LEAST_R2 || r2 >= 1)) {
            r2 = Math.clamp(r2, LEAST_R2, 1);
            r0 = equation.r0(share, r1, r2);
        }
        if (r2 <= 0) {
            throw new IllegalArgumentException("Technique 'vflowopt' cannot meet the budget: r0=" + r0 + " and r1=" + r1
                    + " already spend " + Math.round(100 * equation.share(r0, r1, 0))
                    + " % of all tokens; lower them or raise the budget.");
        }
        return new VFlowSettings(
                r0,
                r1,
                r2,
                knobs.number("threshold", released[3]),
                knobs.number("cell", Math.max(1, released[4] * scale)),
                knobs.number("entropy"),
                knobs.text("grey").equals("compatible"));
    }

    /** Linear between released settings; below the smallest, r0 in proportion to the share. */
    static double[] interpolated(double share) {
        if (share <= RELEASED[0][0]) {
            double[] least = RELEASED[0].clone();
            least[1] *= share / least[0];
            return least;
        }
        int above = 1;
        while (RELEASED[above][0] < share) {
            above++;
        }
        double[] low = RELEASED[above - 1];
        double[] high = RELEASED[above];
        double t = (share - low[0]) / (high[0] - low[0]);
        double[] out = new double[low.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = low[i] + t * (high[i] - low[i]);
        }
        return out;
    }
}

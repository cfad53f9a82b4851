package dev.fovea.techniques.connector;

/**
 * VFlowOpt's budget equation: {@code k1 r0 + (k2 - k1) r0 r1 + (depth - k2) r0 r1 r2 = depth * B} (section E).
 *
 * @param k1 layers that hold the tokens of the first stage
 * @param k2 layers before the second cut
 * @param depth all layers
 */
public record VFlowBudget(int k1, int k2, int depth) {

    /** Average share of tokens per layer. */
    public double share(double r0, double r1, double r2) {
        return (k1 * r0 + (k2 - k1) * r0 * r1 + (depth - k2) * r0 * r1 * r2) / depth;
    }

    /** The r2 that meets an average share, at most 1; zero or below if the other ratios already spend it all. */
    public double r2(double share, double r0, double r1) {
        return Math.min(1, (depth * share - k1 * r0 - (k2 - k1) * r0 * r1) / (depth - k2) / (r0 * r1));
    }

    /** The r0 that meets an average share, at most 1. */
    public double r0(double share, double r1, double r2) {
        return Math.min(1, depth * share / (k1 + (k2 - k1) * r1 + (depth - k2) * r1 * r2));
    }
}

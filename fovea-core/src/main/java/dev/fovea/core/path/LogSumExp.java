package dev.fovea.core.path;

/** What logits have to lose to be log-probabilities. */
public final class LogSumExp {
    private LogSumExp() {}

    /**
     * {@code log sum exp v}, the largest value taken off first, summed in f64.
     *
     * @return NaN where a value is NaN or +∞, or all of them are −∞
     */
    public static double of(float[] values) {
        double max = Double.NEGATIVE_INFINITY;
        for (float v : values) {
            max = Math.max(max, v);
        }
        double sum = 0;
        for (float v : values) {
            sum += Math.exp(v - max);
        }
        return max + Math.log(sum);
    }
}

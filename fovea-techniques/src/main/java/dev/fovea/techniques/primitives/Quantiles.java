package dev.fovea.techniques.primitives;

import java.util.Arrays;

/** Quantiles with linear interpolation between order statistics, and the upper outliers they define. */
public final class Quantiles {
    private Quantiles() {}

    /**
     * The value below which a share {@code q} of the sorted values lies: position {@code q * (n - 1)}, linearly
     * interpolated (numpy's default).
     *
     * @param q {@code 0..1}
     */
    public static double quantile(float[] values, double q) {
        if (values.length == 0 || !(q >= 0 && q <= 1)) {
            throw new IllegalArgumentException(
                    "Cannot take the quantile " + q + " of " + values.length + " values; it must be in 0..1.");
        }
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        double at = q * (sorted.length - 1);
        int low = (int) at;
        int high = Math.min(low + 1, sorted.length - 1);
        return sorted[low] + (at - low) * ((double) sorted[high] - sorted[low]);
    }

    /** The percentile {@code p} in 0..100. */
    public static double percentile(float[] values, double p) {
        return quantile(values, p / 100);
    }

    /** How many values lie strictly above {@code Q3 + reach * (Q3 - Q1)}. */
    public static int upperOutliers(float[] values, double reach) {
        double q1 = quantile(values, 0.25);
        double q3 = quantile(values, 0.75);
        double threshold = q3 + reach * (q3 - q1);
        int count = 0;
        for (float v : values) {
            if (v > threshold) {
                count++;
            }
        }
        return count;
    }
}

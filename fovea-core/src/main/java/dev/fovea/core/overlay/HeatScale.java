package dev.fovea.core.overlay;

import java.util.Arrays;

/**
 * Scores on the scale of the heat map. Attention is heavy-tailed: a few patches hold most of it, and a scale from the
 * least to the greatest would show them alone. The scale therefore ends at the 2nd and the 98th of 100 patches.
 *
 * @param low the score that is shown as 0
 * @param high the score that is shown as 1
 * @param values the scores between 0 and 1, NaN where there is none
 */
@SuppressWarnings("ArrayRecordComponent") // a private carrier between two classes, never compared
record HeatScale(float low, float high, float[] values) {

    static HeatScale of(float[] scores) {
        float[] sorted = new float[scores.length];
        int n = 0;
        for (float s : scores) {
            if (Float.isFinite(s)) {
                sorted[n++] = s;
            }
        }
        Arrays.sort(sorted, 0, n);
        float low = n == 0 ? Float.NaN : sorted[(int) (0.02 * (n - 1))];
        float high = n == 0 ? Float.NaN : sorted[(int) Math.ceil(0.98 * (n - 1))];
        float[] values = new float[scores.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = place(scores[i], low, high);
        }
        return new HeatScale(low, high, values);
    }

    /** Whether any patch has a score. */
    boolean isEmpty() {
        return Float.isNaN(low);
    }

    private static float place(float score, float low, float high) {
        if (Float.isNaN(score) || high == low) {
            return Float.isNaN(score) ? Float.NaN : 0.5f;
        }
        return Math.clamp((score - low) / (high - low), 0f, 1f);
    }
}

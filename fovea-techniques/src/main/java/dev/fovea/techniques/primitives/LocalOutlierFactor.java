package dev.fovea.techniques.primitives;

import java.util.Arrays;

/** Local outlier factor of scalar scores (Breunig et al. 2000), as the dynamic filters of token compression use it. */
public final class LocalOutlierFactor {
    /** A factor above this marks an outlier. */
    public static final double THRESHOLD = 1.5;

    private LocalOutlierFactor() {}

    /**
     * The factor of every score: about 1 inside a cluster, larger the lonelier a score is.
     *
     * @param k neighbours, lowered to {@code scores.length - 1}; among equally far ones the lower index counts
     */
    public static double[] of(float[] scores, int k) {
        int n = scores.length;
        int near = Math.min(k, n - 1);
        double[] factors = new double[n];
        if (near < 1) {
            Arrays.fill(factors, 1);
            return factors;
        }
        int[][] neighbours = new int[n][];
        double[] reach = new double[n];
        for (int i = 0; i < n; i++) {
            neighbours[i] = nearest(scores, i, near);
            reach[i] = Math.abs((double) scores[i] - scores[neighbours[i][near - 1]]);
        }
        double[] density = new double[n];
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j : neighbours[i]) {
                sum += Math.max(reach[j], Math.abs((double) scores[i] - scores[j]));
            }
            density[i] = 1 / (sum / near + 1e-10);
        }
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j : neighbours[i]) {
                sum += density[j];
            }
            factors[i] = sum / near / density[i];
        }
        return factors;
    }

    /** The share of scores whose factor is above {@link #THRESHOLD}. */
    public static double outlierShare(float[] scores, int k) {
        if (scores.length == 0) {
            return 0;
        }
        int count = 0;
        for (double f : of(scores, k)) {
            if (f > THRESHOLD) {
                count++;
            }
        }
        return (double) count / scores.length;
    }

    private static int[] nearest(float[] scores, int i, int k) {
        float[] distance = new float[scores.length];
        for (int j = 0; j < distance.length; j++) {
            distance[j] = Math.abs(scores[i] - scores[j]);
        }
        distance[i] = Float.POSITIVE_INFINITY;
        return TopK.smallest(distance, k);
    }
}

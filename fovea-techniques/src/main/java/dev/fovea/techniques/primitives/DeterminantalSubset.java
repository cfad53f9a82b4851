package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Matrix;
import java.util.Arrays;

/**
 * Greedy search for the subset whose part of a kernel has the largest determinant: MAP inference of a determinantal
 * point process by incremental Cholesky factors (Chen, Zhang, Zhou 2018, algorithm 1).
 */
public final class DeterminantalSubset {
    /** Below this nothing but rounding is left of a candidate. */
    private static final float EXHAUSTED = 1e-12f;

    private DeterminantalSubset() {}

    /**
     * Items in the order they were chosen; each multiplies the determinant by as much as any could.
     *
     * @param kernel symmetric and positive semidefinite, {@code [n, n]}
     * @param k {@code 0..n}
     * @return at most {@code k} items: fewer where what is left depends linearly on what was chosen
     */
    public static int[] greedy(Matrix kernel, int k) {
        int n = kernel.rows();
        if (k < 0 || k > n) {
            throw new IllegalArgumentException("Cannot choose " + k + " of " + n + " tokens.");
        }
        float[] gain = new float[n];
        for (int i = 0; i < n; i++) {
            gain[i] = kernel.get(i, i);
        }
        float[][] factors = new float[k][];
        int[] chosen = new int[k];
        for (int t = 0; t < k; t++) {
            int best = TopK.best(gain);
            if (!(gain[best] > EXHAUSTED)) {
                return Arrays.copyOf(chosen, t);
            }
            chosen[t] = best;
            factors[t] = factor(kernel.row(best), factors, t, best, (float) Math.sqrt(gain[best]));
            for (int i = 0; i < n; i++) {
                gain[i] -= factors[t][i] * factors[t][i];
            }
            gain[best] = Float.NEGATIVE_INFINITY;
        }
        return chosen;
    }

    /** The next row of the Cholesky factor: what the item shares with each other one beyond those chosen before. */
    private static float[] factor(float[] row, float[][] factors, int before, int item, float root) {
        for (int u = 0; u < before; u++) {
            float[] earlier = factors[u];
            float weight = earlier[item];
            for (int i = 0; i < row.length; i++) {
                row[i] -= weight * earlier[i];
            }
        }
        for (int i = 0; i < row.length; i++) {
            row[i] /= root;
        }
        return row;
    }
}

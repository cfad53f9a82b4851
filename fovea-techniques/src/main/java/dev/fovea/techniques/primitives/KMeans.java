package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Matrix;
import java.util.Arrays;

/** Lloyd's k-means, made repeatable: the first centres are row 0 and then the row farthest from all centres so far. */
public final class KMeans {
    private KMeans() {}

    /**
     * Clusters rows by Euclidean distance.
     *
     * @param points {@code [n, width]}
     * @param k {@code 1..n}
     * @param iterations upper bound; stops when no row changes its cluster
     */
    public static Clusters cluster(Matrix points, int k, int iterations) {
        int n = points.rows();
        if (k < 1 || k > n) {
            throw new IllegalArgumentException("Cannot make " + k + " clusters of " + n + " tokens.");
        }
        Matrix means = points.select(farthestFirst(points, k));
        int[] assignment = assign(points, means);
        for (int i = 0; i < iterations; i++) {
            means = means(points, assignment, means);
            int[] next = assign(points, means);
            if (Arrays.equals(next, assignment)) {
                break;
            }
            assignment = next;
        }
        return new Clusters(nearestMembers(points, means, assignment), assignment);
    }

    /** Rows chosen greedily, each farthest from those before it, starting with row 0. */
    static int[] farthestFirst(Matrix points, int k) {
        int[] chosen = new int[k];
        float[] nearest = new float[points.rows()];
        Arrays.fill(nearest, Float.POSITIVE_INFINITY);
        for (int i = 0; i < k; i++) {
            chosen[i] = i == 0 ? 0 : TopK.best(nearest);
            for (int r = 0; r < nearest.length; r++) {
                nearest[r] = Math.min(nearest[r], Vectors.squaredDistance(points, r, points, chosen[i]));
            }
            nearest[chosen[i]] = -1;
        }
        return chosen;
    }

    /** The nearest centre of every row; the lower centre on ties. */
    static int[] assign(Matrix points, Matrix centres) {
        int[] assignment = new int[points.rows()];
        for (int r = 0; r < assignment.length; r++) {
            float best = Float.POSITIVE_INFINITY;
            for (int c = 0; c < centres.rows(); c++) {
                float d = Vectors.squaredDistance(points, r, centres, c);
                if (d < best) {
                    best = d;
                    assignment[r] = c;
                }
            }
        }
        return assignment;
    }

    private static Matrix means(Matrix points, int[] assignment, Matrix before) {
        int width = points.cols();
        double[] sums = new double[before.rows() * width];
        int[] sizes = new int[before.rows()];
        for (int r = 0; r < points.rows(); r++) {
            sizes[assignment[r]]++;
            for (int c = 0; c < width; c++) {
                sums[assignment[r] * width + c] += points.data()[r * width + c];
            }
        }
        float[] out = before.data().clone();
        for (int k = 0; k < sizes.length; k++) {
            for (int c = 0; c < width && sizes[k] > 0; c++) {
                out[k * width + c] = (float) (sums[k * width + c] / sizes[k]);
            }
        }
        return new Matrix(before.rows(), width, out);
    }

    private static int[] nearestMembers(Matrix points, Matrix means, int[] assignment) {
        int[] members = new int[means.rows()];
        float[] best = new float[means.rows()];
        Arrays.fill(members, -1);
        Arrays.fill(best, Float.POSITIVE_INFINITY);
        for (int r = 0; r < assignment.length; r++) {
            int k = assignment[r];
            float d = Vectors.squaredDistance(points, r, means, k);
            if (d < best[k]) {
                best[k] = d;
                members[k] = r;
            }
        }
        return members;
    }
}

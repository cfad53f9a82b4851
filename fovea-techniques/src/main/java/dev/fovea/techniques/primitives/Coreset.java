package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Matrix;
import java.util.Arrays;

/** Greedy k-centre clustering by Euclidean distance with centres weighted by closeness (TCA's token merging). */
public final class Coreset {
    private Coreset() {}

    /**
     * Chooses centres, each farthest from those before it, and gives every row to its nearest centre.
     *
     * @param points {@code [n, width]}
     * @param centres {@code 1..n}
     * @param first the row to start from
     */
    public static Clusters cluster(Matrix points, int centres, int first) {
        int n = points.rows();
        if (centres < 1 || centres > n) {
            throw new IllegalArgumentException("Cannot make " + centres + " clusters of " + n + " tokens.");
        }
        int[] chosen = new int[centres];
        int[] assignment = new int[n];
        float[] nearest = new float[n];
        Arrays.fill(nearest, Float.POSITIVE_INFINITY);
        for (int c = 0; c < centres; c++) {
            chosen[c] = c == 0 ? first : TopK.best(nearest);
            for (int r = 0; r < n; r++) {
                float d = Vectors.squaredDistance(points, r, points, chosen[c]);
                if (d < nearest[r]) {
                    nearest[r] = d;
                    assignment[r] = c;
                }
            }
            assignment[chosen[c]] = c;
            nearest[chosen[c]] = -1;
        }
        return new Clusters(chosen, assignment);
    }

    /**
     * Weights of a cluster's members, summing to 1: {@code 1 / distance to the centre}, and 1 where the distance is 0,
     * before normalising.
     */
    public static float[] weights(Matrix points, int centre, int[] members) {
        float[] weights = new float[members.length];
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            double distance = Math.sqrt(Vectors.squaredDistance(points, members[i], points, centre));
            weights[i] = distance == 0 ? 1 : (float) (1 / distance);
            sum += weights[i];
        }
        for (int i = 0; i < weights.length; i++) {
            weights[i] /= (float) sum;
        }
        return weights;
    }
}

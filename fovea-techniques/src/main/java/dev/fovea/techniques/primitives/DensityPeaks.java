package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Matrix;
import java.util.Arrays;

/**
 * Density-peaks clustering with k nearest neighbours (DPC-kNN, Du et al. 2016): a centre has a dense neighbourhood and
 * is far from every denser token.
 */
public final class DensityPeaks {
    private DensityPeaks() {}

    /**
     * Clusters rows by Euclidean distance.
     *
     * @param points {@code [n, width]}
     * @param centres how many clusters, {@code 1..n}
     * @param neighbours nearest neighbours that define density, lowered to {@code n - 1}
     */
    public static Clusters cluster(Matrix points, int centres, int neighbours) {
        int n = points.rows();
        if (centres < 1 || centres > n) {
            throw new IllegalArgumentException("Cannot make " + centres + " clusters of " + n + " tokens.");
        }
        Matrix distances = distances(points);
        float[] density = density(distances, Math.min(neighbours, n - 1), points.cols());
        float[] peaks = separation(distances, density);
        for (int i = 0; i < n; i++) {
            peaks[i] *= density[i];
        }
        int[] chosen = TopK.largest(peaks, centres);
        Arrays.sort(chosen);
        return new Clusters(chosen, assign(distances, chosen));
    }

    private static Matrix distances(Matrix points) {
        int n = points.rows();
        float[] out = new float[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = i + 1; j < n; j++) {
                float d = (float) Math.sqrt(Vectors.squaredDistance(points, i, points, j));
                out[i * n + j] = d;
                out[j * n + i] = d;
            }
        }
        return new Matrix(n, n, out);
    }

    /** {@code exp(-mean squared distance to the nearest neighbours / width)}. */
    private static float[] density(Matrix distances, int neighbours, int width) {
        float[] density = new float[distances.rows()];
        for (int i = 0; i < density.length; i++) {
            float[] row = distances.row(i);
            row[i] = Float.POSITIVE_INFINITY;
            double sum = 0;
            for (int j : TopK.smallest(row, neighbours)) {
                sum += (double) row[j] * row[j];
            }
            density[i] = (float) Math.exp(neighbours == 0 ? 0 : -sum / neighbours / width);
        }
        return density;
    }

    /** Distance to the nearest denser token; the largest distance of all for the densest. Ties: lower index is denser. */
    private static float[] separation(Matrix distances, float[] density) {
        float farthest = 0;
        for (float d : distances.data()) {
            farthest = Math.max(farthest, d);
        }
        float[] out = new float[density.length];
        int[] order = TopK.descending(density);
        for (int rank = 0; rank < order.length; rank++) {
            float nearest = farthest;
            for (int denser = 0; denser < rank; denser++) {
                nearest = Math.min(nearest, distances.get(order[rank], order[denser]));
            }
            out[order[rank]] = nearest;
        }
        return out;
    }

    private static int[] assign(Matrix distances, int[] centres) {
        int[] assignment = new int[distances.rows()];
        for (int i = 0; i < assignment.length; i++) {
            for (int c = 1; c < centres.length; c++) {
                if (distances.get(i, centres[c]) < distances.get(i, centres[assignment[i]])) {
                    assignment[i] = c;
                }
            }
        }
        for (int c = 0; c < centres.length; c++) {
            assignment[centres[c]] = c;
        }
        return assignment;
    }
}

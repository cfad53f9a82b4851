package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Matrix;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

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
        double[] density = logDensity(distances, Math.min(neighbours, n - 1), false, points.cols());
        int[] chosen = peaks(distances, density, centres);
        Arrays.sort(chosen);
        return new Clusters(chosen, assign(distances, chosen));
    }

    /**
     * The same as TCFormer and SparseVLM count: as many neighbours as there are clusters, the token itself one of them,
     * and the strongest centre first.
     *
     * @param points {@code [n, width]}
     * @param centres how many clusters, {@code 1..n}
     */
    public static Clusters strongestFirst(Matrix points, int centres) {
        if (centres < 1 || centres > points.rows()) {
            throw new IllegalArgumentException("Cannot make " + centres + " clusters of " + points.rows() + " tokens.");
        }
        Matrix distances = distances(points);
        int[] chosen = peaks(distances, logDensity(distances, centres, true, points.cols()), centres);
        return new Clusters(chosen, assign(distances, chosen));
    }

    /** Tokens that are dense and far from every denser one, strongest first. */
    private static int[] peaks(Matrix distances, double[] logDensity, int centres) {
        double[] peaks = separation(distances, logDensity);
        for (int i = 0; i < peaks.length; i++) {
            peaks[i] = Math.log(peaks[i]) + logDensity[i];
        }
        return Arrays.copyOf(descending(peaks), centres);
    }

    private static int[] descending(double[] values) {
        return IntStream.range(0, values.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -values[i]))
                .mapToInt(Integer::intValue)
                .toArray();
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

    /**
     * {@code -mean squared distance to the nearest neighbours / width}: the logarithm, because wide states lie so far
     * apart that the density itself would be 0 for all of them.
     */
    private static double[] logDensity(Matrix distances, int neighbours, boolean itself, int width) {
        double[] density = new double[distances.rows()];
        for (int i = 0; i < density.length; i++) {
            float[] row = distances.row(i);
            row[i] = itself ? 0 : Float.POSITIVE_INFINITY;
            double sum = 0;
            for (int j : TopK.smallest(row, neighbours)) {
                sum += (double) row[j] * row[j];
            }
            density[i] = neighbours == 0 ? 0 : -sum / neighbours / width;
        }
        return density;
    }

    /** Distance to the nearest denser token; the largest distance of all for the densest. Ties: lower index is denser. */
    private static double[] separation(Matrix distances, double[] density) {
        float farthest = 0;
        for (float d : distances.data()) {
            farthest = Math.max(farthest, d);
        }
        double[] out = new double[density.length];
        int[] order = descending(density);
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

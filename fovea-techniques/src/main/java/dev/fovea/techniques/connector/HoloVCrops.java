package dev.fovea.techniques.connector;

import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.primitives.Gram;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;

/**
 * The arithmetic of HoloV: crops, their scores and quotas.
 *
 * @param starts {@code [crops + 1]}: where each consecutive run of tokens begins
 * @param scores combined score of every token
 * @param cropScores mean score of every crop
 */
@SuppressWarnings("ArrayRecordComponent")
record HoloVCrops(int[] starts, float[] scores, double[] cropScores) {
    private static final float EPSILON = 1e-6f;

    /**
     * Cuts the sequence and scores it (steps 1 to 7 of the method).
     *
     * @param tokens {@code [n, width]}
     * @param attention {@code [n]}
     * @param crops number of runs; the first {@code n mod crops} are one longer
     * @param beta weight of the similarity variance
     */
    static HoloVCrops of(Matrix tokens, float[] attention, int crops, double beta) {
        int n = tokens.rows();
        int[] starts = new int[crops + 1];
        for (int c = 0; c < crops; c++) {
            starts[c + 1] = starts[c] + n / crops + (c < n % crops ? 1 : 0);
        }
        float[] scores = new float[n];
        double[] cropScores = new double[crops];
        for (int c = 0; c < crops; c++) {
            int from = starts[c];
            int size = starts[c + 1] - from;
            float[] crop = Arrays.copyOfRange(attention, from, from + size);
            float[] scored = size <= 1 ? crop : score(rows(tokens, from, size), crop, beta);
            System.arraycopy(scored, 0, scores, from, size);
            cropScores[c] = Vectors.mean(scored);
        }
        return new HoloVCrops(starts, scores, cropScores);
    }

    private static Matrix rows(Matrix m, int from, int count) {
        return new Matrix(count, m.cols(), Arrays.copyOfRange(m.data(), from * m.cols(), (from + count) * m.cols()));
    }

    /** Steps 3 to 6 for one crop. */
    static float[] score(Matrix crop, float[] attention, double beta) {
        double[] variance = variance(crop);
        int size = attention.length;
        double meanVariance = 0;
        double meanAttention = 0;
        for (int i = 0; i < size; i++) {
            meanVariance += Math.abs(variance[i]) / size;
            meanAttention += Math.abs(1000.0 * attention[i]) / size;
        }
        float[] out = new float[size];
        for (int i = 0; i < size; i++) {
            double scaled = variance[i] * meanAttention / (meanVariance + EPSILON);
            out[i] = (float) (1000.0 * attention[i] + beta * scaled);
        }
        return out;
    }

    /** Variance of every token's cosines to its crop, the zero diagonal counted as in the official code. */
    private static double[] variance(Matrix crop) {
        int size = crop.rows();
        Matrix cosines = Gram.of(Vectors.normalisedRows(crop, EPSILON));
        double[] variance = new double[size];
        for (int i = 0; i < size; i++) {
            double mean = 0;
            for (int j = 0; j < size; j++) {
                mean += i == j ? 0 : cosines.get(i, j);
            }
            mean /= size - 1;
            for (int j = 0; j < size; j++) {
                double d = (i == j ? 0 : cosines.get(i, j)) - mean;
                variance[i] += d * d / (size - 1);
            }
        }
        return variance;
    }

    /** Share of the budget of every crop: {@code score^tau / sum}. */
    double[] weights(double tau) {
        double sum = 1e-6;
        double[] out = new double[cropScores.length];
        for (int c = 0; c < out.length; c++) {
            out[c] = Math.pow(cropScores[c], tau);
            sum += out[c];
        }
        for (int c = 0; c < out.length; c++) {
            out[c] /= sum;
        }
        return out;
    }

    int[] sizes() {
        int[] sizes = new int[cropScores.length];
        Arrays.setAll(sizes, c -> starts[c + 1] - starts[c]);
        return sizes;
    }

    /** Floors of {@code weight * count}, and one more for the heaviest crops until {@code count} is reached. */
    static int[] quotas(double[] weights, int count) {
        int[] quotas = new int[weights.length];
        int left = count;
        float[] order = new float[weights.length];
        for (int c = 0; c < quotas.length; c++) {
            quotas[c] = (int) (weights[c] * count);
            left -= quotas[c];
            order[c] = (float) weights[c];
        }
        int[] heaviest = TopK.descending(order);
        for (int i = 0; i < left; i++) {
            quotas[heaviest[i % heaviest.length]]++;
        }
        return quotas;
    }

    /** Cuts quotas to the sizes and hands the surplus, one by one, to the crop with the most weight times room. */
    static void redistribute(int[] quotas, double[] weights, int[] sizes, int count) {
        int left = count;
        for (int c = 0; c < quotas.length; c++) {
            quotas[c] = Math.min(quotas[c], sizes[c]);
            left -= quotas[c];
        }
        for (; left > 0; left--) {
            int best = -1;
            for (int c = 0; c < quotas.length; c++) {
                boolean room = quotas[c] < sizes[c];
                if (room && (best < 0 || pull(quotas, weights, sizes, c) > pull(quotas, weights, sizes, best))) {
                    best = c;
                }
            }
            if (best < 0) {
                return;
            }
            quotas[best]++;
        }
    }

    private static double pull(int[] quotas, double[] weights, int[] sizes, int c) {
        return weights[c] * (sizes[c] - quotas[c]);
    }

    /** Tokens in crop order: a full crop in its own order, else the best ones by falling rank. */
    int[] select(int[] quotas, float[] ranking) {
        int[] kept = new int[starts[cropScores.length]];
        int n = 0;
        for (int c = 0; c < quotas.length; c++) {
            int from = starts[c];
            int size = starts[c + 1] - from;
            if (quotas[c] >= size) {
                for (int i = 0; i < size; i++) {
                    kept[n++] = from + i;
                }
            } else {
                for (int i : TopK.largest(Arrays.copyOfRange(ranking, from, from + size), quotas[c])) {
                    kept[n++] = from + i;
                }
            }
        }
        return Arrays.copyOf(kept, n);
    }
}

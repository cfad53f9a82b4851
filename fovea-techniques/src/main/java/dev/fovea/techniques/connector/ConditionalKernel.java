package dev.fovea.techniques.connector;

import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.primitives.DeterminantalSubset;
import dev.fovea.techniques.primitives.Gram;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * CDPruner's kernel: the cosine similarity of tokens, weighted by the relevance of both.
 *
 * @param form {@code product}, {@code exp} or {@code blend}
 * @param theta weight of relevance in the last two, below 1
 */
record ConditionalKernel(String form, double theta) {

    /** By how much the similarity of two tokens counts, given the relevance of each. */
    double weight(double a, double b) {
        double alpha = theta / (2 - 2 * theta);
        return switch (form) {
            case "exp" -> Math.exp(alpha * (a + b));
            case "blend" -> 1 - theta + theta * a * b;
            default -> a * b;
        };
    }

    /**
     * The tokens of the greedily largest determinant in the order they were chosen; where it is exhausted, the most
     * relevant ones follow.
     *
     * @param tokens {@code [tokens, width]}
     */
    int[] choose(Matrix tokens, float[] relevance, int count) {
        int n = relevance.length;
        float[] kernel = Gram.of(Vectors.normalisedRows(tokens, 0)).data();
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                kernel[i * n + j] *= (float) weight(relevance[i], relevance[j]);
            }
        }
        int[] chosen = DeterminantalSubset.greedy(new Matrix(n, n, kernel), count);
        int[] others = TopK.others(n, chosen);
        int[] filling = TopK.largest(Vectors.pick(relevance, others), count - chosen.length);
        return IntStream.concat(Arrays.stream(chosen), Arrays.stream(Vectors.pick(others, filling)))
                .toArray();
    }
}

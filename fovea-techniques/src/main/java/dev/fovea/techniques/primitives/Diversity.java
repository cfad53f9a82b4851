package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Matrix;
import java.util.Arrays;

/** Greedy choice of mutually dissimilar tokens by cosine similarity. */
public final class Diversity {
    private Diversity() {}

    /** What is minimised when the next token is chosen. */
    public enum Rule {
        /** The largest similarity to a chosen token: greedy k-centre. */
        K_CENTRE,
        /** The sum of similarities to the chosen tokens: greedy max-sum diversification. */
        MAX_SUM
    }

    /**
     * {@code k} tokens in the order they were chosen, the pivot first.
     *
     * @param tokens {@code [n, width]}
     * @param pivot the token to start from
     * @param k {@code 1..n}
     */
    public static int[] greedy(Matrix tokens, int pivot, int k, Rule rule) {
        int n = tokens.rows();
        if (k < 1 || k > n) {
            throw new IllegalArgumentException("Cannot choose " + k + " of " + n + " tokens.");
        }
        return greedy(Similarities.of(Vectors.normalisedRows(tokens, 0), k), n, pivot, k, rule);
    }

    /**
     * {@code k} tokens in the order they were chosen, by greedy k-centre from the token whose nearest neighbour is
     * farthest away: the max-min diversity problem. Where all that is left repeats chosen tokens, the lowest index.
     *
     * @param tokens {@code [n, width]}
     * @param k {@code 1..n}
     */
    public static int[] maxMin(Matrix tokens, int k) {
        int n = tokens.rows();
        if (k < 1 || k > n) {
            throw new IllegalArgumentException("Cannot choose " + k + " of " + n + " tokens.");
        }
        Matrix all = Gram.of(Vectors.normalisedRows(tokens, 0));
        float[] isolation = new float[n];
        for (int v = 0; v < n; v++) {
            float nearest = Float.NEGATIVE_INFINITY;
            for (int u = 0; u < n; u++) {
                nearest = u == v ? nearest : Math.max(nearest, all.data()[v * n + u]);
            }
            isolation[v] = 1 - nearest;
        }
        return greedy((a, b) -> all.data()[a * n + b], n, TopK.best(isolation), k, Rule.K_CENTRE);
    }

    private static int[] greedy(Similarities similarities, int n, int pivot, int k, Rule rule) {
        int[] chosen = new int[k];
        boolean[] taken = new boolean[n];
        float[] closeness = new float[n];
        Arrays.fill(closeness, rule == Rule.MAX_SUM ? 0 : Float.NEGATIVE_INFINITY);
        int next = pivot;
        for (int i = 0; i < k; i++) {
            chosen[i] = next;
            taken[next] = true;
            if (i + 1 < k) {
                draw(closeness, similarities, next, rule);
                next = least(closeness, taken);
            }
        }
        return chosen;
    }

    private static void draw(float[] closeness, Similarities similarities, int chosen, Rule rule) {
        for (int v = 0; v < closeness.length; v++) {
            float s = similarities.between(chosen, v);
            closeness[v] = rule == Rule.MAX_SUM ? closeness[v] + s : Math.max(closeness[v], s);
        }
    }

    private static int least(float[] values, boolean[] taken) {
        int best = -1;
        for (int v = 0; v < values.length; v++) {
            if (!taken[v] && (best < 0 || values[v] < values[best])) {
                best = v;
            }
        }
        return best;
    }

    /** Cosines between unit rows: all at once where many will be asked for, else as needed. */
    private interface Similarities {
        float between(int a, int b);

        static Similarities of(Matrix unit, int asked) {
            if (asked > unit.rows() / 12) {
                Matrix all = Gram.of(unit);
                return (a, b) -> all.data()[a * all.cols() + b];
            }
            return (a, b) -> Vectors.dot(unit, a, unit, b);
        }
    }

    /** The token whose direction is nearest to, or farthest from, the mean of all. */
    public static int byMean(Matrix tokens, boolean nearest) {
        float[] mean = new float[tokens.cols()];
        for (int r = 0; r < tokens.rows(); r++) {
            for (int c = 0; c < mean.length; c++) {
                mean[c] += tokens.data()[r * mean.length + c] / tokens.rows();
            }
        }
        float[] cosines = Vectors.cosines(tokens, mean);
        return nearest ? TopK.best(cosines) : TopK.smallest(cosines, 1)[0];
    }
}

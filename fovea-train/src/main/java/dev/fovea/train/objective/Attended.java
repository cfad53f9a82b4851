package dev.fovea.train.objective;

import dev.fovea.core.path.Matrix;
import dev.fovea.train.loop.Share;
import java.util.stream.IntStream;

/** The attention that visual tokens receive, as scores of theirs learn it, and how alike two rankings are. */
final class Attended {
    /** Correlations are averaged as shares of this. */
    private static final int WHOLE = 100_000;

    private Attended() {}

    /**
     * What each visual token receives from the last queries of a prompt, of which there are as many as visual tokens
     * (CoViPAL, arXiv 2508.17243: the sum over {@code j = n - n_v .. n}). Fewer than all of them, so that the tokens that
     * come first, which every later one may look at, are not preferred; more than the words alone. The mean over heads:
     * their sum is a factor, which {@link #standardised} takes out.
     *
     * @param map attention of every query to every key, {@code [length, length]}
     * @param visual ascending positions of the visual tokens
     */
    static float[] received(Matrix map, int[] visual) {
        float[] sums = new float[visual.length];
        for (int query = map.rows() - visual.length; query < map.rows(); query++) {
            for (int v = 0; v < visual.length; v++) {
                sums[v] += map.get(query, visual[v]);
            }
        }
        return sums;
    }

    /** With mean 0 and deviation 1; zeros where all values are the same. */
    static float[] standardised(float[] values) {
        double mean = IntStream.range(0, values.length)
                .mapToDouble(i -> values[i])
                .average()
                .orElse(0);
        double square = IntStream.range(0, values.length)
                .mapToDouble(i -> (values[i] - mean) * (values[i] - mean))
                .average()
                .orElse(0);
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = square > 0 ? (float) ((values[i] - mean) / Math.sqrt(square)) : 0;
        }
        return out;
    }

    /** Spearman's rank correlation, as a share. */
    static Share alike(float[] a, float[] b) {
        return new Share(Math.round(WHOLE * spearman(a, b)), WHOLE);
    }

    /** The correlation of ranks; tied values share the mean of theirs. NaN where one side is all the same. */
    static double spearman(float[] a, float[] b) {
        float[] x = standardised(ranks(a));
        float[] y = standardised(ranks(b));
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * y[i];
        }
        return sum / x.length;
    }

    private static float[] ranks(float[] values) {
        float[] ranks = new float[values.length];
        for (int i = 0; i < ranks.length; i++) {
            float own = values[i];
            int below = 0;
            int same = 0;
            for (float other : values) {
                below += other < own ? 1 : 0;
                same += other == own ? 1 : 0;
            }
            ranks[i] = below + (same - 1) / 2f;
        }
        return ranks;
    }

    /** How many of the largest quarter of one are in that of the other. */
    static Share sameQuarter(float[] a, float[] b) {
        int count = Math.max(1, a.length / 4);
        float[] x = ranks(a);
        float[] y = ranks(b);
        long same = IntStream.range(0, a.length)
                .filter(i -> x[i] >= a.length - count && y[i] >= a.length - count)
                .count();
        return new Share(same, count);
    }
}

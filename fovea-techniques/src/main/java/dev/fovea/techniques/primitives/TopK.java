package dev.fovea.techniques.primitives;

import java.util.Arrays;

/** The k best of a list of scores. Equal scores: the lower index first. NaN ranks below everything. */
public final class TopK {
    private TopK() {}

    /**
     * Indices of the {@code k} largest scores, best first.
     *
     * @param k {@code 0..scores.length}
     */
    public static int[] largest(float[] scores, int k) {
        requireCount(k, scores.length);
        return Arrays.copyOf(descending(scores), k);
    }

    /** Indices of the {@code k} largest scores in ascending index order. */
    public static int[] largestInOrder(float[] scores, int k) {
        int[] best = largest(scores, k);
        Arrays.sort(best);
        return best;
    }

    /** Indices of the {@code k} smallest scores, smallest first; equal scores: the lower index first. */
    public static int[] smallest(float[] scores, int k) {
        requireCount(k, scores.length);
        return Arrays.copyOf(ascending(scores), k);
    }

    /** All indices by falling score. */
    public static int[] descending(float[] scores) {
        long[] keys = new long[scores.length];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = ((long) ~rank(scores[i], Float.NEGATIVE_INFINITY) << 32) | i;
        }
        return sorted(keys);
    }

    /** All indices by rising score. */
    public static int[] ascending(float[] scores) {
        long[] keys = new long[scores.length];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = ((long) rank(scores[i], Float.POSITIVE_INFINITY) << 32) | i;
        }
        return sorted(keys);
    }

    /** The index of the largest score. */
    public static int best(float[] scores) {
        requireCount(1, scores.length);
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            if (scores[i] > scores[best] || (Float.isNaN(scores[best]) && !Float.isNaN(scores[i]))) {
                best = i;
            }
        }
        return best;
    }

    /** The indices of {@code 0..n-1} that are not among {@code taken}, ascending. */
    public static int[] others(int n, int[] taken) {
        boolean[] gone = new boolean[n];
        int left = n;
        for (int t : taken) {
            if (!gone[t]) {
                gone[t] = true;
                left--;
            }
        }
        int[] rest = new int[left];
        for (int i = 0, r = 0; i < n; i++) {
            if (!gone[i]) {
                rest[r++] = i;
            }
        }
        return rest;
    }

    /** A signed integer that orders like the float; both zeros are one. */
    private static int rank(float x, float forNaN) {
        int bits = Float.floatToIntBits((Float.isNaN(x) ? forNaN : x) + 0f);
        return bits ^ ((bits >> 31) & 0x7fffffff);
    }

    private static int[] sorted(long[] keys) {
        Arrays.sort(keys);
        int[] indices = new int[keys.length];
        for (int i = 0; i < keys.length; i++) {
            indices[i] = (int) keys[i];
        }
        return indices;
    }

    private static void requireCount(int k, int n) {
        if (k < 0 || k > n) {
            throw new IllegalArgumentException("Cannot take " + k + " of " + n + " tokens.");
        }
    }

    /** The given tokens and the best of the others until {@code count} are kept, ascending. */
    public static int[] filled(int[] chosen, float[] scores, int count) {
        int[] others = others(scores.length, chosen);
        int[] best = largest(Vectors.pick(scores, others), Math.max(0, count - chosen.length));
        int[] kept = Arrays.copyOf(chosen, chosen.length + best.length);
        for (int i = 0; i < best.length; i++) {
            kept[chosen.length + i] = others[best[i]];
        }
        Arrays.sort(kept);
        return kept;
    }
}

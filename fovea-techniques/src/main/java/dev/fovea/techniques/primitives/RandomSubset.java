package dev.fovea.techniques.primitives;

import java.util.Arrays;
import java.util.SplittableRandom;

/** A random subset that is the same on every machine for the same seed. */
public final class RandomSubset {
    private RandomSubset() {}

    /** {@code k} of the numbers {@code 0..n-1}, ascending. */
    public static int[] of(int n, int k, long seed) {
        if (k < 0 || k > n) {
            throw new IllegalArgumentException("Cannot take " + k + " of " + n + " tokens.");
        }
        SplittableRandom random = new SplittableRandom(seed);
        int[] all = new int[n];
        Arrays.setAll(all, i -> i);
        for (int i = 0; i < k; i++) {
            int j = random.nextInt(i, n);
            int swap = all[i];
            all[i] = all[j];
            all[j] = swap;
        }
        int[] subset = Arrays.copyOf(all, k);
        Arrays.sort(subset);
        return subset;
    }
}

package dev.fovea.core.kernel;

import dev.fovea.core.tensor.Scope;

/** How probes measure which of two ways is faster on this machine: by the best of a few runs, which noise only lengthens. */
public final class BestTime {
    /** Sides of a weight beyond which a product only takes longer to time. */
    public static final long WIDEST = 4096;

    private BestTime() {}

    /**
     * The best time of one way over that of another, which take turns, so that whatever else is at work slows both.
     *
     * @param turns at least 1
     */
    public static double ratio(int turns, Runnable one, Runnable other) {
        long first = Long.MAX_VALUE;
        long second = Long.MAX_VALUE;
        for (int turn = 0; turn < turns; turn++) {
            first = Math.min(first, nanos(1, one));
            second = Math.min(second, nanos(1, other));
        }
        return (double) first / second;
    }

    /**
     * Nanoseconds of the quickest of some runs. What a run makes is freed behind it.
     *
     * @param runs at least 1
     */
    public static long nanos(int runs, Runnable task) {
        long best = Long.MAX_VALUE;
        for (int i = 0; i < runs; i++) {
            try (Scope ignored = Scope.inference()) {
                long start = System.nanoTime();
                task.run();
                best = Math.min(best, System.nanoTime() - start);
            }
        }
        return best;
    }
}

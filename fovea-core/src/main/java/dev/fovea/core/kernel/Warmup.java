package dev.fovea.core.kernel;

import java.lang.foreign.Arena;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs a kernel until the JVM has compiled it well. Before that the Vector API is hundreds of times slower than it will
 * be, so nothing real may run through it. A JVM that never gets there keeps libtorch.
 */
final class Warmup {
    /** Interpreted code stays far below this, compiled code far above, also on a busy machine. */
    private static final double COMPILED_BYTES_PER_NANOSECOND = 2;

    private static final long PATIENCE_NANOS = 15_000_000_000L;
    private static final long PAUSE_NANOS = 2_000_000L;
    private static final int PASSES_WITHOUT_PAUSE = 60;

    private Warmup() {}

    /** Starts in the background; tells whether the loop is worth using. */
    static CompletableFuture<Boolean> start(Exercise exercise) {
        CompletableFuture<Boolean> result = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        result.complete(compiled(exercise));
                    } catch (RuntimeException | LinkageError e) {
                        result.complete(false);
                    }
                },
                "fovea-kernel-warmup");
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    private static boolean compiled(Exercise exercise) {
        long start = System.nanoTime();
        try (Arena arena = Arena.ofConfined()) {
            long memory = arena.allocate(exercise.bytes(), Long.BYTES).address();
            for (int pass = 0; System.nanoTime() - start < PATIENCE_NANOS; pass++) {
                long before = System.nanoTime();
                exercise.loop().run(memory);
                long took = System.nanoTime() - before;
                if (exercise.bytes() > COMPILED_BYTES_PER_NANOSECOND * took) {
                    return true;
                }
                if (pass >= PASSES_WITHOUT_PAUSE) {
                    // The compiler has all the counts it needs; leave it the core.
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            }
        }
        return false;
    }
}

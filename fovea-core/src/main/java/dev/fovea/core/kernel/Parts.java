package dev.fovea.core.kernel;

import dev.fovea.core.tensor.OperationThreads;
import dev.fovea.core.tensor.Scope;
import org.bytedeco.pytorch.global.torch;

/**
 * Outputs of a product in parts, each of which one thread makes from beginning to end while it has them in its caches:
 * about as large as wanted, and as many for each thread.
 */
final class Parts {
    private Parts() {}

    /** What is done for outputs {@code [from, from + count)}. */
    @FunctionalInterface
    interface Part {
        void run(int from, int count);
    }

    /**
     * Runs all parts; operations of libtorch are each thread's own, and what they make is freed behind a part.
     *
     * @param about outputs of a part
     */
    static void run(int outputs, long about, Part part) {
        int threads = torch.get_num_threads();
        long rounds = Math.max(1, Math.round((double) outputs / (Math.max(Cut.GRAIN, about) * threads)));
        int each = Math.toIntExact(Math.ceilDiv(outputs, rounds * threads * Cut.GRAIN) * Cut.GRAIN);
        Workers.run(
                threads,
                Math.ceilDiv(outputs, each),
                p -> OperationThreads.alone(() -> {
                    try (Scope ignored = Scope.inference()) {
                        part.run(p * each, Math.min(each, outputs - p * each));
                    }
                }));
    }
}

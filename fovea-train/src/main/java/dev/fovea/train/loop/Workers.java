package dev.fovea.train.loop;

import dev.fovea.core.tensor.Natives;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.pytorch.global.torch;

/**
 * Works on the accumulated batches of a step at the same time, one thread each: at these sizes two batches on two cores
 * are nearly twice as fast as one batch whose operations share them. Gradients are added under libtorch's lock. With two
 * batches the sums, and so the run, are the same whichever comes first; with more they agree to rounding.
 */
final class Workers implements AutoCloseable {

    /** Work on item {@code index}. */
    @FunctionalInterface
    interface Work<T> {
        void run(int index, T item);
    }

    private final ExecutorService pool;

    /**
     * @param items how many items there will be at a time; the threads that one operation may use are shared out
     *     among them
     */
    Workers(int items) {
        Natives.ensureLoaded();
        int all = torch.get_num_threads();
        int threads = Math.clamp(items, 1, Math.max(1, all));
        pool = Executors.newFixedThreadPool(
                threads,
                work -> Thread.ofPlatform().daemon().name("worker").unstarted(() -> {
                    // OpenMP counts threads for each thread that starts an operation.
                    Natives.setThreads(all / threads);
                    work.run();
                }));
    }

    /** Runs the work on every item and waits for all, interrupted or not; a single item runs on the caller's thread. */
    <T> void forEach(List<T> items, Work<T> work) {
        if (items.size() == 1) {
            work.run(0, items.getFirst());
            return;
        }
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            int index = i;
            running.add(pool.submit(() -> work.run(index, items.get(index))));
        }
        // Even if one of them failed: the others still use the weights.
        ExecutionException failure = null;
        boolean interrupted = false;
        for (int done = 0; done < running.size(); ) {
            try {
                running.get(done).get();
                done++;
            } catch (ExecutionException e) {
                failure = e;
                done++;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw Rethrow.cause(failure);
        }
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}

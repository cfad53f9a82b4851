package dev.fovea.train.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

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

    Workers(int threads) {
        pool = Executors.newFixedThreadPool(
                Math.min(threads, Runtime.getRuntime().availableProcessors()),
                work -> Thread.ofPlatform().daemon().name("worker").unstarted(work));
    }

    /** Runs the work on every item and waits for all; a single item runs on the caller's thread. */
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
        for (Future<?> f : running) {
            try {
                f.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("A training batch failed: " + e.getCause(), e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("Interrupted while training", e);
            }
        }
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}

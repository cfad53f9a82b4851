package dev.fovea.train.data;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;

/**
 * Prepares numbered batches on other threads, a few ahead of the one that trains, and hands them out in order.
 *
 * @param <T> kind of batch
 */
public final class Prefetch<T> implements AutoCloseable {
    /** One thread for so many cores: the others train. */
    private static final int CORES_PER_THREAD = 4;

    private final LongFunction<T> source;
    private final ExecutorService threads;
    private final Queue<Future<T>> waiting = new ArrayDeque<>();
    private long number;

    /**
     * @param source makes batch number n, on any thread
     * @param first number of the first batch
     * @param ahead how many may wait, at least 1
     */
    public Prefetch(LongFunction<T> source, long first, int ahead) {
        this.source = source;
        this.number = first;
        int count = Math.clamp(Runtime.getRuntime().availableProcessors() / CORES_PER_THREAD, 1, ahead);
        threads = Executors.newFixedThreadPool(
                count, work -> Thread.ofPlatform().daemon().name("prefetch").unstarted(work));
        for (int i = 0; i < ahead; i++) {
            order();
        }
    }

    private void order() {
        long n = number++;
        waiting.add(threads.submit(() -> source.apply(n)));
    }

    /**
     * The next batch.
     *
     * @throws InterruptedException if the calling thread is interrupted while it waits; the batch is not lost
     * @throws IllegalStateException if the batch could not be prepared, now and in every later call
     */
    public T next() throws InterruptedException {
        try {
            T batch = waiting.element().get();
            waiting.remove();
            order();
            return batch;
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "A batch of training data could not be prepared: " + e.getCause(), e.getCause());
        }
    }

    /** The next {@code count} batches. */
    public List<T> next(int count) throws InterruptedException {
        List<T> batches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            batches.add(next());
        }
        return batches;
    }

    /** Ends the threads; returns when none of them is preparing anything any more. */
    @Override
    public void close() {
        threads.shutdownNow();
        boolean interrupted = false;
        while (!threads.isTerminated()) {
            try {
                threads.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

package dev.fovea.train.data;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Prepares numbered batches on another thread, a few ahead of the one that trains.
 *
 * @param <T> kind of batch
 */
public final class Prefetch<T> implements AutoCloseable {
    private record Item<T>(@Nullable T value, @Nullable Throwable failure) {}

    private final BlockingQueue<Item<T>> queue;
    private final Thread thread;

    /**
     * @param source makes batch number n
     * @param first number of the first batch
     * @param ahead how many may wait
     */
    public Prefetch(LongFunction<T> source, long first, int ahead) {
        queue = new ArrayBlockingQueue<>(ahead);
        thread = Thread.ofPlatform().daemon().name("prefetch").start(() -> produce(source, first));
    }

    private void produce(LongFunction<T> source, long first) {
        try {
            for (long n = first; ; n++) {
                queue.put(new Item<>(source.apply(n), null));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            try {
                queue.put(new Item<>(null, e));
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The next batch. */
    public T next() {
        try {
            Item<T> item = queue.take();
            if (item.value() == null) {
                throw new IllegalStateException("Preparing training data failed", item.failure());
            }
            return item.value();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for training data", e);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}

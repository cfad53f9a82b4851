package dev.fovea.core.kernel;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Shares the blocks of one computation between the calling thread and a few parked ones. Whoever is free takes the next
 * block, so a worker that wakes late or loses its core delays nobody. Several threads may compute at once.
 */
final class Workers {
    private static final ThreadPoolExecutor POOL = pool(Runtime.getRuntime().availableProcessors());

    private Workers() {}

    /**
     * Calls {@code body} once for each block in {@code [0, blocks)}, in any order; returns when all are done.
     *
     * @param threads how many threads may work, the caller included
     * @throws RuntimeException what the body threw, if it did
     */
    static void run(int threads, int blocks, IntConsumer body) {
        int helpers = Math.min(threads, blocks) - 1;
        if (helpers < 1) {
            for (int b = 0; b < blocks; b++) {
                body.accept(b);
            }
            return;
        }
        Job job = new Job(blocks, body, Thread.currentThread());
        for (int h = 0; h < helpers; h++) {
            POOL.execute(job::work);
        }
        job.work();
        job.await();
    }

    private static ThreadPoolExecutor pool(int processors) {
        int size = Math.max(1, processors - 1);
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(size, size, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "fovea-kernel");
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /** One computation; a helper that comes after its end finds no block and touches nothing. */
    private static final class Job {
        private final int blocks;
        private final IntConsumer body;
        private final Thread caller;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

        private Job(int blocks, IntConsumer body, Thread caller) {
            this.blocks = blocks;
            this.body = body;
            this.caller = caller;
        }

        private void work() {
            for (int b = next.getAndIncrement(); b < blocks; b = next.getAndIncrement()) {
                try {
                    body.accept(b);
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                }
                if (done.incrementAndGet() == blocks) {
                    LockSupport.unpark(caller);
                }
            }
        }

        private void await() {
            boolean interrupted = false;
            while (done.get() < blocks) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            switch (failure.get()) {
                case null -> {}
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case Throwable e -> throw new IllegalStateException("A kernel failed", e);
            }
        }
    }
}

package dev.fovea.core.kernel;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Shares the blocks of one computation between the calling thread and a few others. Whoever is free takes the next block,
 * so a worker that wakes late or loses its core delays nobody. Several threads may compute at once.
 *
 * <p>To wake a thread costs as much as a small model's product. So whoever runs out of work looks out for more for a
 * moment, longer than a pass needs from one product to the next, before it parks; never for long, because somebody else
 * may need the core.
 */
final class Workers {
    /** How long an idle thread looks out for work. */
    private static final long LOOKOUT_NANOS = 30_000;

    /** Looks between two readings of the clock. */
    private static final int LOOKS = 32;

    private static final Helpers HELPERS = new Helpers(Runtime.getRuntime().availableProcessors() - 1);

    private Workers() {}

    /**
     * Calls {@code body} once for each block in {@code [0, blocks)}, in any order; returns when all are done.
     *
     * @param threads how many threads may work, the caller included
     * @throws RuntimeException what the body threw, if it did
     */
    static void run(int threads, int blocks, IntConsumer body) {
        int helpers = Math.min(HELPERS.count, Math.min(threads, blocks) - 1);
        if (helpers < 1) {
            for (int b = 0; b < blocks; b++) {
                body.accept(b);
            }
            return;
        }
        Job job = new Job(blocks, body, Thread.currentThread());
        HELPERS.help(job, helpers);
        job.work();
        job.await();
    }

    /** Something that a thread looks out for. */
    @FunctionalInterface
    private interface Sight {
        boolean seen();
    }

    /** Looks out for something for a moment; whether it was seen. */
    private static boolean lookOut(Sight sight) {
        long start = System.nanoTime();
        do {
            for (int look = 0; look < LOOKS; look++) {
                if (sight.seen()) {
                    return true;
                }
                Thread.onSpinWait();
            }
        } while (System.nanoTime() - start < LOOKOUT_NANOS);
        return sight.seen();
    }

    /** The threads that help, which begin when they are first needed and park while there is nothing to do. */
    private static final class Helpers {
        private final int count;
        private final Queue<Job> jobs = new ConcurrentLinkedQueue<>();
        private final Queue<Thread> parked = new ConcurrentLinkedQueue<>();
        private final AtomicInteger started = new AtomicInteger();

        Helpers(int count) {
            this.count = count;
        }

        void help(Job job, int helpers) {
            for (int h = 0; h < helpers; h++) {
                jobs.add(job);
            }
            while (started.get() < count) {
                start();
            }
            for (int h = 0; h < helpers; h++) {
                Thread one = parked.poll();
                if (one == null) {
                    return;
                }
                LockSupport.unpark(one);
            }
        }

        private void start() {
            if (started.getAndIncrement() < count) {
                Thread thread = new Thread(this::serve, "fovea-kernel");
                thread.setDaemon(true);
                thread.start();
            }
        }

        private void serve() {
            while (true) {
                Job job = jobs.poll();
                if (job != null) {
                    job.work();
                } else if (!lookOut(() -> !jobs.isEmpty())) {
                    park();
                }
            }
        }

        /** Whoever adds a job looks for parked threads behind that, so that one of the two sees the other. */
        private void park() {
            Thread self = Thread.currentThread();
            parked.add(self);
            if (jobs.isEmpty()) {
                LockSupport.park(this);
            }
            parked.remove(self);
        }
    }

    /** One computation; a helper that comes after its end finds no block and touches nothing. */
    private static final class Job {
        private final int blocks;
        private final IntConsumer body;
        private final Thread caller;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger done = new AtomicInteger();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        private volatile boolean parked;

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
                if (done.incrementAndGet() == blocks && parked) {
                    LockSupport.unpark(caller);
                }
            }
        }

        private void await() {
            if (!ended() && !lookOut(this::ended)) {
                park();
            }
            switch (failure.get()) {
                case null -> {}
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case Throwable e -> throw new IllegalStateException("A kernel failed", e);
            }
        }

        private boolean ended() {
            return done.get() >= blocks;
        }

        private void park() {
            boolean interrupted = false;
            parked = true;
            while (!ended()) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

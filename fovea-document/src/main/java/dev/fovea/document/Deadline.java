package dev.fovea.document;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Ends the reading of one document when its time is over or whoever asked is interrupted. What draws may be deep inside
 * of something that cannot be stopped: it runs on a thread of its own, whose place among those that draw is free again
 * when it has really ended, and not before.
 */
final class Deadline {
    private final String name;
    private final Duration limit;
    private final long end;
    private volatile boolean abandoned;

    Deadline(String name, Duration limit) {
        this.name = name;
        this.limit = limit;
        this.end = System.nanoTime() + limit.toNanos();
    }

    /** Throws if reading must end. */
    void check() {
        if (abandoned || Thread.currentThread().isInterrupted()) {
            throw interrupted(null);
        }
        if (System.nanoTime() - end > 0) {
            throw late(null);
        }
    }

    private DocumentException interrupted(@Nullable InterruptedException cause) {
        return new DocumentException(name + " was not read because its thread was interrupted", cause);
    }

    private DocumentException late(@Nullable TimeoutException cause) {
        return new DocumentException(
                name + " takes longer to read than the limit of " + limit.toMillis() / 1000.0
                        + " seconds; choose fewer pages, or save them as pictures",
                cause);
    }

    private long left() {
        return Math.max(1, end - System.nanoTime());
    }

    /**
     * Does the work on a thread of its own.
     *
     * @param places as many as may draw at once
     */
    <T> T away(Semaphore places, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        try {
            if (!places.tryAcquire(left(), TimeUnit.NANOSECONDS)) {
                throw new DocumentException(
                        DocumentException.Kind.BUSY,
                        name + " was not read because too many documents are being read; try again",
                        null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(e);
        }
        Thread.ofPlatform().daemon().name("fovea-document").start(() -> {
            try {
                task.run();
            } finally {
                places.release();
            }
        });
        return result(task);
    }

    private <T> T result(FutureTask<T> task) {
        try {
            return task.get(left(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(e);
        } catch (TimeoutException e) {
            throw late(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof DocumentException known) {
                throw known;
            }
            if (e.getCause() instanceof NoClassDefFoundError) {
                throw new DocumentException(
                        DocumentException.Kind.LIBRARY,
                        name + " is a PDF document, and PDFBox, which draws its pages, is not on the class path",
                        e);
            }
            throw new IllegalStateException("Reading ended otherwise than in a sentence", e);
        } finally {
            abandoned = true;
        }
    }
}

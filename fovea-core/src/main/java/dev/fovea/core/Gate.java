package dev.fovea.core;

import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/** Lets many use a model at once, and lets it be closed only when nobody does. */
final class Gate {
    private final String name;
    private final Runnable whole;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;

    /**
     * @param name of the model, for messages
     * @param whole throws if the model's files are no longer what they were
     */
    Gate(String name, Runnable whole) {
        this.name = name;
        this.whole = whole;
    }

    /**
     * Does some work with the model.
     *
     * @throws IllegalStateException if it has been closed
     */
    <T> T during(Supplier<T> work) {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("The model " + name + " has been closed; open it again.");
            }
            whole.run();
            return work.get();
        } catch (InternalError e) {
            // Java's own access to a page that is gone; what the file lacks is the better answer.
            whole.run();
            throw e;
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Waits for all work to end and frees the model, once.
     *
     * @throws IllegalStateException if called from within the work, for example by its listener
     */
    void close(Runnable free) {
        if (lock.getReadHoldCount() > 0) {
            throw new IllegalStateException(
                    "The model " + name + " cannot be closed by a listener of its own answer; close it afterwards.");
        }
        lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                free.run();
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}

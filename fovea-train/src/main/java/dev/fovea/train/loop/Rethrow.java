package dev.fovea.train.loop;

import java.util.concurrent.ExecutionException;

/** Brings what went wrong on another thread to the thread that waited for it. */
final class Rethrow {
    private Rethrow() {}

    /** The unchecked exception that the other thread ended with, to be thrown; an error is thrown at once. */
    static RuntimeException cause(ExecutionException e) {
        Throwable cause = e.getCause();
        if (cause instanceof Error error) {
            throw error;
        }
        return cause instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
    }
}

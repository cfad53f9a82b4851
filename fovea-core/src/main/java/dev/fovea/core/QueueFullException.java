package dev.fovea.core;

import java.io.Serial;

/** A {@link ContinuousBatch} has as many prompts waiting as it may have. */
public final class QueueFullException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    QueueFullException(int waiting) {
        super("The queue is full: " + waiting + " prompts are waiting already; ask again later.");
    }
}

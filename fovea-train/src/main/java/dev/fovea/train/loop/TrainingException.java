package dev.fovea.train.loop;

import java.io.Serial;

/** Training cannot begin or go on; the message is one sentence that says why and what to do. */
public final class TrainingException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    public TrainingException(String message) {
        super(message);
    }

    public TrainingException(String message, Throwable cause) {
        super(message, cause);
    }
}

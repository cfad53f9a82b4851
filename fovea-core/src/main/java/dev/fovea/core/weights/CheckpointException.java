package dev.fovea.core.weights;

import dev.fovea.core.message.Printable;
import java.io.Serial;

/** A checkpoint cannot be read; the message is one sentence that names the file, the tensor and the fault. */
public final class CheckpointException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    public CheckpointException(String message) {
        super(Printable.sentence(message));
    }

    public CheckpointException(String message, Throwable cause) {
        super(Printable.sentence(message), cause);
    }
}

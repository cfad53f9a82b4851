package dev.fovea.world.export;

import java.io.Serial;

/** A data set cannot be written; the message is one sentence that says where, why and what to do. */
public final class ExportException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    public ExportException(String message) {
        super(message);
    }

    public ExportException(String message, Throwable cause) {
        super(message, cause);
    }
}

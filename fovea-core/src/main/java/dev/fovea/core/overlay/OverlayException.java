package dev.fovea.core.overlay;

import java.io.Serial;

/** An overlay cannot be written; the message is one sentence that names the file and says what to do. */
public final class OverlayException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    public OverlayException(String message, Throwable cause) {
        super(message, cause);
    }
}

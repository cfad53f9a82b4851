package dev.fovea.core.image;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A picture cannot be read or prepared; the message is one sentence that names the picture and says what to do. */
public final class PictureException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    public PictureException(String message) {
        super(message);
    }

    public PictureException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

package dev.fovea.core.text;

import dev.fovea.core.message.Printable;
import java.io.Serial;

/** A tokenizer or chat template cannot be read or used; the message is one sentence that says what to do. */
public final class TextException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    public TextException(String message) {
        super(Printable.sentence(message));
    }

    public TextException(String message, Throwable cause) {
        super(Printable.sentence(message), cause);
    }
}

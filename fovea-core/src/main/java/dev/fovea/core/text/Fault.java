package dev.fovea.core.text;

import java.io.Serial;

/** What is wrong with a part of a tokenizer, in words that go on after the file's name. */
final class Fault extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    Fault(String message) {
        super(message, null, false, false);
    }
}

package dev.fovea.core.generate.json;

import java.io.Serial;

/** A JSON schema that answers cannot be held to; the message is one sentence. */
public final class SchemaException extends IllegalArgumentException {
    @Serial
    private static final long serialVersionUID = 1L;

    SchemaException(String sentence) {
        super(sentence);
    }
}

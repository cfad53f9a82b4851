package dev.fovea.document;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A document cannot be read; the message is one sentence that names the document and says what to do. */
public final class DocumentException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** What stands in the way. */
    public enum Kind {
        /** The document itself, or what was asked of it. */
        DOCUMENT,
        /** It is encrypted, and no password or a wrong one was given. */
        PASSWORD,
        /** Too many documents are being read at the moment. */
        BUSY,
        /** The library that draws pages is not on the class path. */
        LIBRARY
    }

    private final Kind kind;

    DocumentException(String message) {
        this(Kind.DOCUMENT, message, null);
    }

    DocumentException(String message, @Nullable Throwable cause) {
        this(Kind.DOCUMENT, message, cause);
    }

    DocumentException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}

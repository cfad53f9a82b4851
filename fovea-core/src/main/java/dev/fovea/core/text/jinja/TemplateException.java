package dev.fovea.core.text.jinja;

import dev.fovea.core.message.Printable;
import java.io.Serial;

/** A template is malformed, or refuses what it was given; the message is one sentence with nothing invisible in it. */
public final class TemplateException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private enum Kind {
        FAILED,
        RAISED,
        EXHAUSTED
    }

    private final Kind kind;

    public TemplateException(String message) {
        this(message, Kind.FAILED);
    }

    private TemplateException(String message, Kind kind) {
        super(Printable.sentence(message));
        this.kind = kind;
    }

    /** What the template itself says with {@code raise_exception}. */
    static TemplateException raised(String message) {
        return new TemplateException(message.isBlank() ? "no reason given" : message, Kind.RAISED);
    }

    /** The template has spent what one rendering may spend. */
    static TemplateException exhausted(String message) {
        return new TemplateException(message, Kind.EXHAUSTED);
    }

    /** The same fault with its place. */
    TemplateException at(int line) {
        String message = String.valueOf(getMessage());
        return kind == Kind.RAISED || message.startsWith("line ")
                ? this
                : new TemplateException("line " + line + ": " + message, kind);
    }

    /** Whether the template refused its input in words of its own. */
    public boolean raisedByTemplate() {
        return kind == Kind.RAISED;
    }

    /** Whether the template would have run for too long; it would again. */
    public boolean ranTooLong() {
        return kind == Kind.EXHAUSTED;
    }
}

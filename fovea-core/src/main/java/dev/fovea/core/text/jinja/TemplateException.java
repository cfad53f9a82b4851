package dev.fovea.core.text.jinja;

import java.io.Serial;

/** A template is malformed, or refuses what it was given. */
public final class TemplateException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final boolean raisedByTemplate;

    public TemplateException(String message) {
        this(message, false);
    }

    private TemplateException(String message, boolean raisedByTemplate) {
        super(message);
        this.raisedByTemplate = raisedByTemplate;
    }

    /** What the template itself says with {@code raise_exception}. */
    static TemplateException raised(String message) {
        return new TemplateException(message, true);
    }

    /** The same fault with its place. */
    TemplateException at(int line) {
        String message = String.valueOf(getMessage());
        return raisedByTemplate || message.startsWith("line ")
                ? this
                : new TemplateException("line " + line + ": " + message, false);
    }

    /** Whether the template refused its input in words of its own. */
    public boolean raisedByTemplate() {
        return raisedByTemplate;
    }
}

package dev.fovea.core.text.jinja;

/**
 * A piece of a template.
 *
 * @param kind what it is
 * @param text its text; of a string literal its value
 * @param line where it begins, from 1
 */
record Token(Kind kind, String text, int line) {
    enum Kind {
        /** Text to be written as it stands. */
        TEXT,
        /** The beginning of {@code {{ ... }}}. */
        OUTPUT_BEGIN,
        OUTPUT_END,
        /** The beginning of {@code {% ... %}}. */
        TAG_BEGIN,
        TAG_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        /** An operator or a bracket. */
        SYMBOL,
        END
    }

    boolean is(Kind wanted, String wantedText) {
        return kind == wanted && text.equals(wantedText);
    }
}

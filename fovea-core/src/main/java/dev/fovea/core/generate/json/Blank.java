package dev.fovea.core.generate.json;

import org.jspecify.annotations.Nullable;

/**
 * White space between the pieces of a document: nothing, a blank, or a line break and an indentation. It is bounded, so
 * that no model can go on with it for ever.
 *
 * @param state {@link #NOTHING}, {@link #OVER}, or one more than the blanks of the indentation
 */
record Blank(int state) implements Part.Reader {
    private static final int NOTHING = 0;
    private static final int OVER = -1;
    private static final int DEEPEST = 64;

    static final Blank ANY = new Blank(NOTHING);

    @Override
    public Part.@Nullable Reader read(int value) {
        if (state == NOTHING) {
            return value == ' ' ? new Blank(OVER) : value == '\n' ? new Blank(1) : null;
        }
        return state != OVER && value == ' ' && state <= DEEPEST ? new Blank(state + 1) : null;
    }

    @Override
    public boolean mayEnd() {
        return true;
    }
}

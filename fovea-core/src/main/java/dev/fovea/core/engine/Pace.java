package dev.fovea.core.engine;

/**
 * How passes go through a model.
 *
 * @param rows tokens, or patches of pictures, that a layer takes at once
 * @param breaks what happens in between
 */
record Pace(int rows, Breaks breaks) {
    Pace {
        if (rows < 1) {
            throw new IllegalArgumentException("A layer takes at least one token at once, not " + rows + ".");
        }
    }

    /** All rows at once: while a network learns. */
    static Pace whole() {
        return new Pace(Integer.MAX_VALUE, Breaks.none());
    }

    /** So many rows at once, without a break. */
    static Pace of(int rows) {
        return new Pace(rows, Breaks.none());
    }

    /** The same breaks between other numbers of rows. */
    Pace taking(int others) {
        return new Pace(others, breaks);
    }
}

package dev.fovea.core.generate.json;

import java.util.List;

/**
 * Any value at all.
 *
 * @param depth how many arrays and objects may still be nested in it
 */
record AnyValue(int depth) implements Part.Fork {
    /** Deeper than answers are. */
    static final int DEEPEST = 16;

    private static final List<List<Part>> FLAT = List.of(
            List.of(Members.QUOTE, Text.of(Text.Rule.ANY)),
            List.of(PlainNumber.BEGIN),
            List.of(Literal.of("true")),
            List.of(Literal.of("false")),
            List.of(Literal.of("null")));

    @Override
    public List<List<Part>> alternatives() {
        if (depth == 0) {
            return FLAT;
        }
        AnyValue inner = new AnyValue(depth - 1);
        return List.of(
                FLAT.get(0),
                FLAT.get(1),
                FLAT.get(2),
                FLAT.get(3),
                FLAT.get(4),
                List.of(Items.OPEN, new Items(inner, 0, -1, true)),
                List.of(Members.OPEN, new Entries(inner, true)));
    }
}

package dev.fovea.core.generate.json;

import java.util.ArrayList;
import java.util.List;

/**
 * The rest of an object whose members may have any name, and its closing brace.
 *
 * @param value of every member
 * @param first whether none came before
 */
record Entries(Part value, boolean first) implements Part.Fork {
    private static final Text NAME = Text.of(Text.Rule.ANY);

    @Override
    public List<List<Part>> alternatives() {
        List<Part> one = new ArrayList<>();
        if (!first) {
            one.add(Members.COMMA);
        }
        one.addAll(List.of(Blank.ANY, Members.QUOTE, NAME, Members.COLON, Blank.ANY, value, new Entries(value, false)));
        return List.of(one, List.of(Blank.ANY, Members.CLOSE));
    }
}

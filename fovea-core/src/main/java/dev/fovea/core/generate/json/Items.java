package dev.fovea.core.generate.json;

import java.util.ArrayList;
import java.util.List;

/**
 * The rest of an array, and its closing bracket.
 *
 * @param item each of its values
 * @param least values that must still come
 * @param most values that may still come, or -1 for any number
 * @param first whether none came before
 */
record Items(Part item, int least, int most, boolean first) implements Part.Fork {
    static final Literal OPEN = Literal.of("[");
    private static final Literal CLOSE = Literal.of("]");

    @Override
    public List<List<Part>> alternatives() {
        List<List<Part>> ways = new ArrayList<>();
        if (most != 0) {
            List<Part> one = new ArrayList<>();
            if (!first) {
                one.add(Members.COMMA);
            }
            Items rest = new Items(item, Math.max(0, least - 1), most < 0 ? -1 : most - 1, false);
            one.addAll(List.of(Blank.ANY, item, rest));
            ways.add(one);
        }
        if (least == 0) {
            ways.add(List.of(Blank.ANY, CLOSE));
        }
        return ways;
    }
}

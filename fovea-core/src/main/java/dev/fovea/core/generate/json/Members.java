package dev.fovea.core.generate.json;

import java.util.ArrayList;
import java.util.List;

/**
 * The rest of an object with named members, in the order of the schema, and its closing brace.
 *
 * @param shape the members
 * @param from the next that may come
 */
record Members(Shape shape, int from) implements Part.Fork {
    static final Literal OPEN = Literal.of("{");
    static final Literal CLOSE = Literal.of("}");
    static final Literal COMMA = Literal.of(",");
    static final Literal QUOTE = Literal.of("\"");
    static final Literal COLON = Literal.of(":");

    /**
     * One member.
     *
     * @param name as JSON writes it, with quotes and colon
     */
    record Member(Literal name, Part value, boolean required) {}

    /** The members of an object. The same only if it is one. */
    static final class Shape {
        private final List<Member> members;

        Shape(List<Member> members) {
            this.members = List.copyOf(members);
        }
    }

    @Override
    public List<List<Part>> alternatives() {
        List<List<Part>> ways = new ArrayList<>();
        // Members that are not required may be left out, so a comma comes before all but the first that is written.
        for (int i = from; i < shape.members.size(); i++) {
            Member member = shape.members.get(i);
            List<Part> way = new ArrayList<>();
            if (from > 0) {
                way.add(COMMA);
            }
            way.addAll(List.of(Blank.ANY, member.name, Blank.ANY, member.value, new Members(shape, i + 1)));
            ways.add(way);
            if (member.required) {
                return ways;
            }
        }
        ways.add(List.of(Blank.ANY, CLOSE));
        return ways;
    }
}

package dev.fovea.core.text.jinja;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Jinja's tests: what may follow {@code is}. */
final class Tests {
    private static final Set<String> ALONE = Set.of(
            "odd",
            "even",
            "defined",
            "undefined",
            "filter",
            "test",
            "none",
            "boolean",
            "false",
            "true",
            "integer",
            "float",
            "lower",
            "upper",
            "string",
            "mapping",
            "number",
            "sequence",
            "iterable",
            "callable",
            "escaped");
    private static final Map<String, Signature> WITH_OTHER = Map.of(
            "divisibleby", Signature.of("num"),
            "sameas", Signature.of("other"),
            "in", Signature.of("seq"));
    private static final Signature COMPARED = Signature.of("other, |");
    private static final Map<String, String> COMPARISONS = Map.ofEntries(
            Map.entry("==", "=="),
            Map.entry("eq", "=="),
            Map.entry("equalto", "=="),
            Map.entry("!=", "!="),
            Map.entry("ne", "!="),
            Map.entry(">", ">"),
            Map.entry("gt", ">"),
            Map.entry("greaterthan", ">"),
            Map.entry(">=", ">="),
            Map.entry("ge", ">="),
            Map.entry("<", "<"),
            Map.entry("lt", "<"),
            Map.entry("lessthan", "<"),
            Map.entry("<=", "<="),
            Map.entry("le", "<="));

    private Tests() {}

    static boolean knows(String name) {
        return ALONE.contains(name) || WITH_OTHER.containsKey(name) || COMPARISONS.containsKey(name);
    }

    static boolean apply(
            String name,
            @Nullable Object v,
            List<@Nullable Object> positional,
            Map<String, @Nullable Object> named,
            Context c) {
        c.limits.step();
        String comparison = COMPARISONS.get(name);
        if (comparison != null) {
            return compare(comparison, v, COMPARED.bind(name, positional, named).get("other"), c.limits);
        }
        Signature signature = WITH_OTHER.get(name);
        if (signature != null) {
            Arguments a = signature.bind(name, positional, named);
            return switch (name) {
                case "divisibleby" -> Equality.same(remainder(v, a.get("num"), c), 0L, c.limits);
                case "sameas" -> Equality.identical(v, a.get("other"), c.limits);
                default -> Equality.contains(a.get("seq"), v, c.limits);
            };
        }
        if (!ALONE.contains(name)) {
            throw new TemplateException("the test '" + name + "' is not known");
        }
        Signature.NONE.bind(name, positional, named);
        return alone(name, v, c);
    }

    static boolean compare(String operator, @Nullable Object a, @Nullable Object b, Limits limits) {
        return switch (operator) {
            case "==" -> Equality.same(a, b, limits);
            case "!=" -> !Equality.same(a, b, limits);
            case "<" -> Equality.less(a, b, false, limits);
            case "<=" -> Equality.less(a, b, true, limits);
            case ">" -> Equality.less(b, a, false, limits);
            case ">=" -> Equality.less(b, a, true, limits);
            case "in" -> Equality.contains(b, a, limits);
            default -> !Equality.contains(b, a, limits);
        };
    }

    /** What is left of a division; a text would be a format there. */
    private static @Nullable Object remainder(@Nullable Object v, @Nullable Object by, Context c) {
        return Arithmetic.apply("%", Values.isText(v) ? (Object) Values.integer(v) : v, by, c);
    }

    private static boolean alone(String name, @Nullable Object v, Context c) {
        return switch (name) {
            case "odd" -> Equality.same(remainder(v, 2L, c), 1L, c.limits);
            case "even" -> Equality.same(remainder(v, 2L, c), 0L, c.limits);
            case "defined" -> !(v instanceof Undefined);
            case "undefined" -> v instanceof Undefined;
            case "filter" -> hashable(v, c) && Values.isText(v) && Filters.knows(Values.text(v));
            case "test" -> hashable(v, c) && Values.isText(v) && knows(Values.text(v));
            case "none" -> v == null;
            case "boolean" -> v instanceof Boolean;
            case "false" -> Boolean.FALSE.equals(v);
            case "true" -> Boolean.TRUE.equals(v);
            case "integer" -> v instanceof Long;
            case "float" -> v instanceof Double;
            case "lower" -> TextChecks.apply(PythonText.write(v, c.limits), "islower", c.limits);
            case "upper" -> TextChecks.apply(PythonText.write(v, c.limits), "isupper", c.limits);
            case "string" -> Values.isText(v);
            case "mapping" -> v instanceof Dict;
            case "number" -> Values.isNumber(v);
            case "sequence" -> Values.isText(v) || v instanceof List<?> || v instanceof Dict || v instanceof Undefined;
            case "iterable" -> Elements.has(v);
            case "callable" -> v instanceof Callable || v instanceof Undefined;
            default -> v instanceof Markup;
        };
    }

    private static boolean hashable(@Nullable Object v, Context c) {
        Dict.place(v, c.limits);
        return true;
    }
}

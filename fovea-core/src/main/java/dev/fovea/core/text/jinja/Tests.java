package dev.fovea.core.text.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Jinja's tests: what may follow {@code is}. */
final class Tests {
    private Tests() {}

    static boolean apply(String name, @Nullable Object v, CallArguments a) {
        return switch (name) {
            case "defined" -> !(v instanceof Values.Undefined);
            case "undefined" -> v instanceof Values.Undefined;
            case "none" -> v == null;
            case "true" -> Boolean.TRUE.equals(v);
            case "false" -> Boolean.FALSE.equals(v);
            case "boolean" -> v instanceof Boolean;
            case "string" -> v instanceof String;
            case "number" -> Values.isNumber(v);
            case "integer" -> v instanceof Long;
            case "float" -> v instanceof Double;
            case "mapping" -> v instanceof Map<?, ?>;
            case "sequence", "iterable" ->
                v instanceof List<?> || v instanceof Map<?, ?> || v instanceof String || v instanceof Values.Undefined;
            case "callable" -> v instanceof Values.Callable;
            case "odd" -> Math.floorMod(Values.integer(v), 2L) == 1;
            case "even" -> Math.floorMod(Values.integer(v), 2L) == 0;
            case "divisibleby" -> Math.floorMod(Values.integer(v), Values.integer(a.require(0, "num"))) == 0;
            case "lower" -> Values.write(v).equals(Values.write(v).toLowerCase(Locale.ROOT));
            case "upper" -> Values.write(v).equals(Values.write(v).toUpperCase(Locale.ROOT));
            case "in" -> Values.contains(a.require(0, "seq"), v);
            case "eq", "equalto", "==" -> Values.same(v, a.require(0, "other"));
            case "sameas" -> Values.same(v, a.require(0, "other"));
            case "ne", "!=" -> !Values.same(v, a.require(0, "other"));
            case "lt", "lessthan", "<" -> Values.compare(v, a.require(0, "other")) < 0;
            case "le", "<=" -> Values.compare(v, a.require(0, "other")) <= 0;
            case "gt", "greaterthan", ">" -> Values.compare(v, a.require(0, "other")) > 0;
            case "ge", ">=" -> Values.compare(v, a.require(0, "other")) >= 0;
            default -> throw new TemplateException("the test '" + name + "' is not known");
        };
    }
}

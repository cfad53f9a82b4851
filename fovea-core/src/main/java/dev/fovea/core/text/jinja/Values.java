package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Python's values as Java's: None is null, int is Long, float is Double, str is String, list and tuple are List, dict is
 * Map. This class holds what Python does with them.
 */
final class Values {
    private Values() {}

    /** The value of a name that was never set: empty when written, false, iterable as nothing. */
    record Undefined(String name) {}

    /** What can be called from a template. */
    interface Callable {
        @Nullable
        Object call(List<@Nullable Object> arguments, Map<String, @Nullable Object> named);
    }

    /** The one thing whose attributes a template may set. */
    record Namespace(Map<String, @Nullable Object> values) {}

    /** Values given by Java code, with their numbers widened, copied so that no template can see a later change. */
    static @Nullable Object fromJava(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Integer i -> (Object) i.longValue();
            case Float f -> f.doubleValue();
            case Map<?, ?> map -> {
                Map<String, @Nullable Object> copy = new LinkedHashMap<>();
                map.forEach((k, v) -> copy.put(String.valueOf(k), fromJava(v)));
                yield copy;
            }
            case Collection<?> items -> {
                List<@Nullable Object> copy = new ArrayList<>();
                items.forEach(i -> copy.add(fromJava(i)));
                yield copy;
            }
            default -> value;
        };
    }

    static boolean truth(@Nullable Object value) {
        return switch (value) {
            case null -> false;
            case Undefined u -> false;
            case Boolean b -> b;
            case Long n -> n != 0;
            case Double d -> d != 0;
            case String s -> !s.isEmpty();
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            default -> true;
        };
    }

    /** Python's {@code ==}: numbers by value (True is 1), the rest by content. */
    static boolean same(@Nullable Object a, @Nullable Object b) {
        if (isNumber(a) && isNumber(b)) {
            return a instanceof Double || b instanceof Double ? real(a) == real(b) : integer(a) == integer(b);
        }
        if (a instanceof Undefined && b instanceof Undefined) {
            return true;
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            if (x.size() != y.size()) {
                return false;
            }
            for (int i = 0; i < x.size(); i++) {
                if (!same(x.get(i), y.get(i))) {
                    return false;
                }
            }
            return true;
        }
        if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
            return x.size() == y.size()
                    && x.entrySet().stream()
                            .allMatch(e -> y.containsKey(e.getKey()) && same(e.getValue(), y.get(e.getKey())));
        }
        return Objects.equals(a, b);
    }

    /** Python's order of two values; it has none between different kinds. */
    static int compare(@Nullable Object a, @Nullable Object b) {
        if (isNumber(a) && isNumber(b)) {
            return a instanceof Double || b instanceof Double
                    ? Double.compare(real(a), real(b))
                    : Long.compare(integer(a), integer(b));
        }
        if (a instanceof String x && b instanceof String y) {
            return x.compareTo(y);
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            for (int i = 0; i < Math.min(x.size(), y.size()); i++) {
                if (!same(x.get(i), y.get(i))) {
                    return compare(x.get(i), y.get(i));
                }
            }
            return Integer.compare(x.size(), y.size());
        }
        throw new TemplateException(kind(a) + " and " + kind(b) + " cannot be ordered");
    }

    static boolean isNumber(@Nullable Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean;
    }

    static double real(@Nullable Object value) {
        if (value instanceof Double d) {
            return d;
        }
        if (isNumber(value)) {
            return integer(value);
        }
        throw new TemplateException("a number was expected, not " + kind(value));
    }

    static long integer(@Nullable Object value) {
        if (value instanceof Long n) {
            return n;
        }
        if (value instanceof Boolean b) {
            return b ? 1 : 0;
        }
        throw new TemplateException("a whole number was expected, not " + kind(value));
    }

    static String text(@Nullable Object value) {
        if (value instanceof String s) {
            return s;
        }
        throw new TemplateException("a text was expected, not " + kind(value));
    }

    /** The elements that a loop over this value sees. */
    static List<@Nullable Object> elements(@Nullable Object value) {
        if (value instanceof Undefined) {
            return new ArrayList<>();
        }
        if (value instanceof List<?> list) {
            return new ArrayList<>(list);
        }
        if (value instanceof Map<?, ?> map) {
            return new ArrayList<>(map.keySet());
        }
        if (value instanceof String s) {
            return new ArrayList<>(s.codePoints().mapToObj(Character::toString).toList());
        }
        throw new TemplateException(kind(value) + " cannot be looped over");
    }

    static boolean contains(@Nullable Object container, @Nullable Object value) {
        if (container instanceof String s) {
            return s.contains(text(value));
        }
        return container instanceof Map<?, ?> map
                ? map.containsKey(value)
                : elements(container).stream().anyMatch(e -> same(e, value));
    }

    static long length(@Nullable Object value) {
        if (value instanceof String s) {
            return s.codePointCount(0, s.length());
        }
        return value instanceof Map<?, ?> map ? map.size() : elements(value).size();
    }

    /** What Python's {@code str} writes. */
    static String write(@Nullable Object value) {
        if (value instanceof String s) {
            return s;
        }
        return value instanceof Undefined ? "" : represent(value);
    }

    /** What Python's {@code repr} writes. */
    static String represent(@Nullable Object value) {
        StringBuilder out = new StringBuilder();
        represent(value, out);
        return out.toString();
    }

    private static void represent(@Nullable Object value, StringBuilder out) {
        Limits.checkText(out.length());
        switch (value) {
            case null -> out.append("None");
            case Boolean b -> out.append(b ? "True" : "False");
            case Double d -> out.append(PythonJson.number(d));
            case String s -> quote(s, out);
            case List<?> list -> {
                String separator = "[";
                for (Object item : list) {
                    out.append(separator);
                    represent(item, out);
                    separator = ", ";
                }
                out.append(list.isEmpty() ? "[]" : "]");
            }
            case Map<?, ?> map -> {
                String separator = "{";
                for (Map.Entry<?, ?> e : map.entrySet()) {
                    out.append(separator);
                    represent(e.getKey(), out);
                    out.append(": ");
                    represent(e.getValue(), out);
                    separator = ", ";
                }
                out.append(map.isEmpty() ? "{}" : "}");
            }
            case Undefined u -> out.append("Undefined");
            case Namespace n -> out.append("<Namespace>");
            case Callable c -> out.append("<function>");
            default -> out.append(value);
        }
    }

    private static void quote(String s, StringBuilder out) {
        char quote = s.indexOf('\'') >= 0 && s.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\r' -> out.append("\\r");
                case '\\' -> out.append("\\\\");
                default -> out.append(c == quote ? "\\" : "").append(c);
            }
        }
        out.append(quote);
    }

    /** The kind of a value, for messages. */
    static String kind(@Nullable Object value) {
        return switch (value) {
            case null -> "none";
            case Undefined u -> "'" + u.name() + "', which is undefined,";
            case Boolean b -> "a truth value";
            case Long n -> "a whole number";
            case Double d -> "a number";
            case String s -> "a text";
            case List<?> list -> "a list";
            case Map<?, ?> map -> "a dictionary";
            default -> "a function";
        };
    }
}

package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Python's values as Java's: None is null, int is Long (of 64 bits), float is Double, str is String or {@link Markup},
 * list is ArrayList, the rest have types of their own here. This class holds what every part asks of them.
 */
final class Values {
    private Values() {}

    /** Values given by Java code, with their numbers widened, copied so that no template can see a later change. */
    static @Nullable Object fromJava(@Nullable Object value, Limits limits) {
        return switch (value) {
            case null -> null;
            case Integer i -> (Object) i.longValue();
            case Float f -> f.doubleValue();
            case Map<?, ?> map -> {
                Dict copy = new Dict();
                map.forEach((k, v) -> copy.put(fromJava(k, limits), fromJava(v, limits), limits));
                yield copy;
            }
            case Collection<?> items -> {
                List<@Nullable Object> copy = new ArrayList<>();
                items.forEach(i -> copy.add(fromJava(i, limits)));
                yield copy;
            }
            case Boolean b -> b;
            case Long n -> n;
            case Double d -> d;
            default -> value.toString();
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
            case Markup m -> !m.text().isEmpty();
            case List<?> list -> !list.isEmpty();
            case Dict dict -> dict.size() > 0;
            case DictView view -> view.dict().size() > 0;
            case Loop loop -> loop.length() > 0;
            default -> true;
        };
    }

    static boolean isNumber(@Nullable Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean;
    }

    static boolean isText(@Nullable Object value) {
        return value instanceof String || value instanceof Markup;
    }

    static double real(@Nullable Object value) {
        if (value instanceof Double d) {
            return d;
        }
        if (isNumber(value)) {
            return integer(value);
        }
        throw expected("a number", value);
    }

    static long integer(@Nullable Object value) {
        if (value instanceof Long n) {
            return n;
        }
        if (value instanceof Boolean b) {
            return b ? 1 : 0;
        }
        throw expected("a whole number", value);
    }

    static String text(@Nullable Object value) {
        if (value instanceof String s) {
            return s;
        }
        if (value instanceof Markup m) {
            return m.text();
        }
        throw expected("a text", value);
    }

    private static TemplateException expected(String what, @Nullable Object value) {
        return value instanceof Undefined u
                ? u.failure()
                : new TemplateException(what + " was expected, not " + kind(value));
    }

    static long length(@Nullable Object value, Limits limits) {
        return switch (value) {
            case String s -> {
                limits.read(s.length());
                yield s.codePointCount(0, s.length());
            }
            case Markup m -> length(m.text(), limits);
            case List<?> list -> list.size();
            case Dict dict -> dict.size();
            case DictView view -> view.dict().size();
            case Undefined u -> 0;
            case Loop loop -> loop.length();
            case null -> throw new TemplateException(kind(value) + " has no length");
            default -> throw new TemplateException(kind(value) + " has no length");
        };
    }

    /** The kind of a value, for messages. */
    static String kind(@Nullable Object value) {
        return switch (value) {
            case null -> "none";
            case Undefined u -> "an undefined value";
            case Boolean b -> "a truth value";
            case Long n -> "a whole number";
            case Double d -> "a number";
            case String s -> "a text";
            case Markup m -> "a text";
            case Tuple tuple -> "a tuple";
            case Range range -> "a range";
            case List<?> list -> "a list";
            case Dict dict -> "a dictionary";
            case DictView view -> "a view of a dictionary";
            case Lazy lazy -> "a sequence that is made on demand";
            case Namespace namespace -> "a namespace";
            case Loop loop -> "the loop";
            default -> "a function";
        };
    }
}

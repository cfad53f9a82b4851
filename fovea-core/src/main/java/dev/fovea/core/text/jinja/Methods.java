package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Properties and methods of Python's types that do not change them: an immutable sandbox allows no others. */
final class Methods {
    private static final Set<String> LIST_CHANGES =
            Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");
    private static final Set<String> DICT_CHANGES = Set.of("clear", "pop", "popitem", "setdefault", "update");

    private static final Map<String, Signature> LIST = Map.of(
            "index",
            Signature.of("value, start=, stop=, |"),
            "count",
            Signature.of("value, |"),
            "copy",
            Signature.NONE);
    private static final Map<String, Signature> DICT = Map.of(
            "get", Signature.of("key, default=, |"),
            "items", Signature.NONE,
            "keys", Signature.NONE,
            "values", Signature.NONE,
            "copy", Signature.NONE,
            "fromkeys", Signature.of("iterable, value=, |"));
    private static final Set<String> NUMBER =
            Set.of("bit_length", "bit_count", "conjugate", "is_integer", "as_integer_ratio");

    private Methods() {}

    /** Whether this method would change the value, which a template may not. */
    static boolean changes(@Nullable Object target, String name) {
        return target instanceof Dict && DICT_CHANGES.contains(name)
                || target instanceof List<?>
                        && !(target instanceof Tuple)
                        && !(target instanceof Range)
                        && LIST_CHANGES.contains(name);
    }

    /** The property or method of this name, or {@link Attributes#NONE}. */
    static @Nullable Object property(@Nullable Object target, String name, Context context) {
        return switch (target) {
            case String s -> TextMethods.of(s, false, name, context);
            case Markup m -> TextMethods.of(m.text(), true, name, context);
            case List<?> list -> ofList(list, name, context);
            case Dict dict -> ofDict(dict, name, context);
            case Boolean b -> ofNumber(b ? 1L : 0L, name);
            case Long n -> ofNumber(n, name);
            case Double d -> ofNumber(d, name);
            case null -> Attributes.NONE;
            default -> Attributes.NONE;
        };
    }

    private static @Nullable Object ofList(List<?> list, String name, Context context) {
        if (list instanceof Tuple tuple && tuple.place(name) >= 0) {
            return tuple.get(tuple.place(name));
        }
        if (list instanceof Range range) {
            switch (name) {
                case "start" -> {
                    return range.start;
                }
                case "stop" -> {
                    return range.stop;
                }
                case "step" -> {
                    return range.step;
                }
                default -> {}
            }
        }
        boolean copies = name.equals("copy") && (list instanceof Tuple || list instanceof Range);
        Signature signature = copies ? null : LIST.get(name);
        return signature == null
                ? Attributes.NONE
                : (Callable) (positional, named) -> list(list, signature.bind(name, positional, named), context);
    }

    private static Object list(List<?> list, Arguments a, Context context) {
        if (a.what().equals("copy")) {
            return Elements.list(list, context.limits);
        }
        Object wanted = a.get("value");
        long count = 0;
        int from = bound(a.integer("start", 0), list.size());
        int to = bound(a.integer("stop", Long.MAX_VALUE), list.size());
        for (int i = from; i < to; i++) {
            if (Equality.same(list.get(i), wanted, context.limits)) {
                if (a.what().equals("index")) {
                    return (long) i;
                }
                count++;
            }
        }
        if (a.what().equals("index")) {
            throw new TemplateException("the list does not hold what 'index' looks for");
        }
        return count;
    }

    static int bound(long index, int size) {
        return (int) Math.clamp(index < 0 ? index + size : index, 0L, (long) size);
    }

    private static Object ofDict(Dict dict, String name, Context context) {
        Signature signature = DICT.get(name);
        return signature == null
                ? Attributes.NONE
                : (Callable) (positional, named) -> dict(dict, signature.bind(name, positional, named), context);
    }

    private static @Nullable Object dict(Dict dict, Arguments a, Context context) {
        return switch (a.what()) {
            case "get" -> {
                Dict.Entry entry = dict.find(a.get("key"), context.limits);
                yield entry == null ? a.get("default") : entry.value();
            }
            case "items" -> new DictView(dict, DictView.Kind.ITEMS);
            case "keys" -> new DictView(dict, DictView.Kind.KEYS);
            case "values" -> new DictView(dict, DictView.Kind.VALUES);
            case "fromkeys" -> fromKeys(a, context);
            default -> {
                Dict copy = new Dict();
                copy.putAll(dict, context.limits);
                yield copy;
            }
        };
    }

    /** {@code dict.fromkeys(iterable, value)}. */
    static Dict fromKeys(Arguments a, Context context) {
        Dict made = new Dict();
        for (Object key : Elements.list(a.get("iterable"), context.limits)) {
            made.put(key, a.get("value"), context.limits);
        }
        return made;
    }

    private static @Nullable Object ofNumber(Object number, String name) {
        boolean real = number instanceof Double;
        return switch (name) {
            case "real" -> number;
            case "imag" -> real ? (Object) 0.0 : (Object) 0L;
            case "numerator" -> real ? Attributes.NONE : number;
            case "denominator" -> real ? Attributes.NONE : (Object) 1L;
            default ->
                NUMBER.contains(name) && real != name.startsWith("bit_") && (real || !name.equals("is_integer"))
                                || name.equals("conjugate")
                                || name.equals("as_integer_ratio")
                        ? (Callable) (positional, named) -> {
                            Signature.NONE.bind(name, positional, named);
                            return number(number, name);
                        }
                        : Attributes.NONE;
        };
    }

    private static Object number(Object number, String name) {
        return switch (name) {
            case "bit_length" -> (long) (64 - Long.numberOfLeadingZeros(Math.abs((Long) number)));
            case "bit_count" -> (long) Long.bitCount(Math.abs((Long) number));
            case "is_integer" -> number instanceof Double d && d == Math.rint(d) && Double.isFinite(d);
            case "as_integer_ratio" -> ratio(number);
            default -> number;
        };
    }

    private static Tuple ratio(Object number) {
        if (!(number instanceof Double d)) {
            return Tuple.of(number, 1L);
        }
        double numerator = d;
        long denominator = 1;
        if (!Double.isFinite(d) || Math.abs(d) > 0x1p62) {
            throw new TemplateException(PythonNumber.write(d) + " is no ratio of whole numbers that fit");
        }
        while (numerator != Math.rint(numerator)) {
            numerator *= 2;
            denominator = Math.multiplyExact(denominator, 2L);
        }
        return Tuple.of((long) numerator, denominator);
    }

    /** Pairs of key and value. */
    static List<@Nullable Object> pairs(Dict dict) {
        List<@Nullable Object> pairs = new ArrayList<>();
        dict.entries().forEach(e -> pairs.add(e.pair()));
        return pairs;
    }
}

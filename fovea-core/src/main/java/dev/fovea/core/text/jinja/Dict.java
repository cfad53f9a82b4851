package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Python's dictionary: keys of every type that does not change, found by value, so that 1, 1.0 and True are one key. It
 * keeps the order of insertion, and the key it was first given.
 */
final class Dict {
    /** A key with its value. */
    record Entry(@Nullable Object key, @Nullable Object value) {
        Tuple pair() {
            return Tuple.of(key, value);
        }
    }

    /** What cannot be a key of a Java map. */
    private enum Special {
        NONE,
        UNDEFINED
    }

    /** Tuples by their content, in an order, so that many with one hash do not make lookups slow. */
    private record TupleKey(String content) implements Comparable<TupleKey> {
        @Override
        public int compareTo(TupleKey other) {
            return content.compareTo(other.content);
        }
    }

    private final Map<Object, Entry> entries = new LinkedHashMap<>();

    void put(@Nullable Object key, @Nullable Object value, Limits limits) {
        limits.spend(4);
        Object place = place(key, limits);
        Entry old = entries.get(place);
        if (old == null) {
            Limits.checkList(entries.size() + 1L);
        }
        entries.put(place, new Entry(old == null ? key : old.key(), value));
    }

    void putAll(Dict other, Limits limits) {
        other.entries.values().forEach(e -> put(e.key(), e.value(), limits));
    }

    /** The entry of this key, or null. */
    @Nullable
    Entry find(@Nullable Object key, Limits limits) {
        return entries.get(place(key, limits));
    }

    Collection<Entry> entries() {
        return entries.values();
    }

    List<@Nullable Object> keys() {
        List<@Nullable Object> keys = new ArrayList<>(entries.size());
        entries.values().forEach(e -> keys.add(e.key()));
        return keys;
    }

    int size() {
        return entries.size();
    }

    /** What stands for a value where equal ones must be found; refuses lists and dictionaries, which can change. */
    static Object place(@Nullable Object key, Limits limits) {
        return switch (key) {
            case null -> Special.NONE;
            case Undefined u -> Special.UNDEFINED;
            case String s -> {
                limits.read(s.length());
                yield s;
            }
            case Markup m -> place(m.text(), limits);
            case Boolean b -> b ? 1L : 0L;
            case Double d -> d == Math.rint(d) && Math.abs(d) < 0x1p62 ? (Object) (long) (double) d : d;
            case Tuple tuple -> {
                StringBuilder content = new StringBuilder();
                content(tuple, content, limits, 0);
                yield new TupleKey(content.toString());
            }
            case Range range -> new TupleKey("r" + range.start + ":" + range.size() + ":" + range.step);
            case List<?> list -> throw new TemplateException("a list cannot be the key of a dictionary");
            case Dict dict -> throw new TemplateException("a dictionary cannot be the key of a dictionary");
            default -> key;
        };
    }

    private static void content(Tuple tuple, StringBuilder out, Limits limits, int depth) {
        int below = limits.below(depth);
        out.append('(');
        for (Object item : tuple) {
            if (item instanceof Tuple inner) {
                content(inner, out, limits, below);
            } else {
                Object place = place(item, limits);
                String text = place instanceof String || place instanceof Number || place instanceof Special
                        ? place.toString()
                        : String.valueOf(System.identityHashCode(place));
                limits.made((long) out.length() + text.length());
                out.append(place.getClass().getSimpleName().charAt(0))
                        .append(text.length())
                        .append(':')
                        .append(text);
            }
        }
        out.append(')');
    }
}

package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code target.name}, {@code target[index]} and {@code target[from:to:step]}. */
final class Access {
    private Access() {}

    /** A property or method first, then an entry, as Jinja looks up what stands after a dot. */
    static @Nullable Object attribute(@Nullable Object target, String name, Context context) {
        refuseUndefined(target);
        Object property = property(target, name, context);
        if (property != Attributes.NONE) {
            return property;
        }
        Object entry = entry(target, name, context);
        return entry != Attributes.NONE ? entry : missing(target, name);
    }

    /** An entry or element first, then a property or method; undefined if there is neither. */
    static @Nullable Object item(@Nullable Object target, @Nullable Object index, Context context) {
        refuseUndefined(target);
        Object entry = entry(target, index, context);
        if (entry != Attributes.NONE) {
            return entry;
        }
        Object property = Values.isText(index) ? property(target, Values.text(index), context) : Attributes.NONE;
        return property != Attributes.NONE ? property : missing(target, index);
    }

    /** Only what the value itself offers under this name, no entry. */
    static @Nullable Object own(@Nullable Object target, String name, Context context) {
        refuseUndefined(target);
        Object property = property(target, name, context);
        return property != Attributes.NONE ? property : missing(target, name);
    }

    private static void refuseUndefined(@Nullable Object target) {
        if (target instanceof Undefined u) {
            throw u.failure();
        }
    }

    private static Undefined missing(@Nullable Object target, @Nullable Object index) {
        String name = switch (index) {
            case String s -> "'" + s + "'";
            case Long n -> n.toString();
            case null -> "such entry";
            default -> "such entry";
        };
        return new Undefined(Values.kind(target) + " has no " + name);
    }

    /** What the value itself offers under this name; {@link Attributes#NONE} if it offers nothing. */
    private static @Nullable Object property(@Nullable Object target, String name, Context context) {
        context.limits.step();
        if (target instanceof Namespace namespace) {
            return namespace.has(name) ? namespace.get(name) : Attributes.NONE;
        }
        if (name.startsWith("__") && name.endsWith("__") && name.length() > 4 || Methods.changes(target, name)) {
            return new Undefined("'" + name + "' of " + Values.kind(target) + " is out of reach for templates");
        }
        if (target instanceof Attributes attributes) {
            return attributes.attribute(name);
        }
        return Methods.property(target, name, context);
    }

    private static @Nullable Object entry(@Nullable Object target, @Nullable Object index, Context context) {
        context.limits.step();
        if (target instanceof Dict dict && !unhashable(index)) {
            Dict.Entry entry = dict.find(index, context.limits);
            return entry == null ? Attributes.NONE : entry.value();
        }
        if (index instanceof Long || index instanceof Boolean) {
            long at = Values.integer(index);
            if (target instanceof List<?> list) {
                long place = at < 0 ? at + list.size() : at;
                return place >= 0 && place < list.size() ? list.get((int) place) : Attributes.NONE;
            }
            if (Values.isText(target)) {
                return like(target, character(Values.text(target), at, context.limits));
            }
        }
        return Attributes.NONE;
    }

    /** Asked of a dictionary, a list is no key and no error either. */
    private static boolean unhashable(@Nullable Object index) {
        return index instanceof Dict
                || index instanceof List<?> && !(index instanceof Tuple) && !(index instanceof Range);
    }

    private static Object character(String s, long index, Limits limits) {
        long units = Math.abs(index) * 2 + 2;
        limits.read(Math.min(s.length(), units));
        try {
            int at = index < 0
                    ? s.offsetByCodePoints(s.length(), Math.toIntExact(index))
                    : s.offsetByCodePoints(0, Math.toIntExact(index));
            return at < s.length() ? Character.toString(s.codePointAt(at)) : Attributes.NONE;
        } catch (IndexOutOfBoundsException | ArithmeticException e) {
            return Attributes.NONE;
        }
    }

    /** A part of a text: safe if the whole was. */
    private static Object like(@Nullable Object whole, Object part) {
        return whole instanceof Markup && part instanceof String s ? new Markup(s) : part;
    }

    /** Python's slice, negative and missing bounds included. */
    static Object slice(
            @Nullable Object target, @Nullable Object from, @Nullable Object to, @Nullable Object step, Limits limits) {
        refuseUndefined(target);
        long by = step == null ? 1 : Values.integer(step);
        if (by == 0) {
            throw new TemplateException("a slice cannot have the step 0");
        }
        int n = (int) Values.length(target, limits);
        long begin = from == null ? (by > 0 ? 0 : n - 1) : bound(Values.integer(from), n, by);
        long end = to == null ? (by > 0 ? n : -1) : bound(Values.integer(to), n, by);
        if (Values.isText(target)) {
            return like(target, text(Values.text(target), n, begin, end, by, limits));
        }
        if (!(target instanceof List<?> list)) {
            throw new TemplateException(Values.kind(target) + " cannot be sliced");
        }
        if (list instanceof Range range) {
            return new Range(range.start + begin * range.step, range.start + end * range.step, range.step * by);
        }
        limits.list(Math.max(0, (end - begin) / by));
        List<@Nullable Object> out = new ArrayList<>();
        for (long i = begin; by > 0 ? i < end : i > end; i = Math.addExact(i, by)) {
            out.add(list.get((int) i));
        }
        return list instanceof Tuple ? new Tuple(out) : out;
    }

    private static String text(String s, int n, long begin, long end, long by, Limits limits) {
        if (by == 1) {
            if (end <= begin) {
                return "";
            }
            boolean plain = s.length() == n;
            int first = plain ? (int) begin : s.offsetByCodePoints(0, (int) begin);
            int last = plain ? (int) end : s.offsetByCodePoints(first, (int) (end - begin));
            limits.made(last - first);
            return s.substring(first, last);
        }
        limits.lookedAt(n);
        int[] codePoints = s.codePoints().toArray();
        StringBuilder out = new StringBuilder();
        for (long i = begin; by > 0 ? i < end : i > end; i = Math.addExact(i, by)) {
            out.appendCodePoint(codePoints[(int) i]);
        }
        return out.toString();
    }

    private static long bound(long index, int n, long step) {
        long at = index < 0 ? index + n : index;
        return step > 0 ? Math.clamp(at, 0L, (long) n) : Math.clamp(at, -1L, n - 1L);
    }
}

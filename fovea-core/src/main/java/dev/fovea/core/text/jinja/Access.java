package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code target.name}, {@code target[index]} and {@code target[from:to:step]}. */
final class Access {
    private Access() {}

    /** A method first, then an entry, as Jinja looks up what stands after a dot. */
    static @Nullable Object attribute(@Nullable Object target, String name) {
        if (target instanceof Values.Namespace namespace) {
            return namespace.values().containsKey(name) ? namespace.values().get(name) : new Values.Undefined(name);
        }
        Values.Callable method = Methods.of(target, name);
        return method != null ? method : item(target, name);
    }

    /** An entry or element; undefined if there is none. */
    static @Nullable Object item(@Nullable Object target, @Nullable Object index) {
        if (target instanceof Values.Undefined u) {
            throw new TemplateException("'" + u.name() + "' is undefined");
        }
        if (target instanceof Map<?, ?> map && map.containsKey(index)) {
            return map.get(index);
        }
        if (index instanceof Long i && target instanceof List<?> list) {
            return element(list, i);
        }
        if (index instanceof Long i && target instanceof String) {
            return element(Values.elements(target), i);
        }
        Values.Callable method = index instanceof String name ? Methods.of(target, name) : null;
        return method != null ? method : new Values.Undefined(Values.write(index));
    }

    private static @Nullable Object element(List<?> list, long index) {
        long at = index < 0 ? index + list.size() : index;
        return at >= 0 && at < list.size() ? list.get((int) at) : new Values.Undefined("element " + index);
    }

    /** Python's slice, negative and missing bounds included. */
    static Object slice(@Nullable Object target, @Nullable Object from, @Nullable Object to, @Nullable Object step) {
        List<@Nullable Object> items = Values.elements(target);
        long by = step == null ? 1 : Values.integer(step);
        if (by == 0) {
            throw new TemplateException("a slice cannot have the step 0");
        }
        int n = items.size();
        long begin = from == null ? (by > 0 ? 0 : n - 1) : bound(Values.integer(from), n, by);
        long end = to == null ? (by > 0 ? n : -1) : bound(Values.integer(to), n, by);
        List<@Nullable Object> out = new ArrayList<>();
        for (long i = begin; by > 0 ? i < end : i > end; i += by) {
            out.add(items.get((int) i));
        }
        return target instanceof String ? Methods.join("", out) : out;
    }

    private static long bound(long index, int n, long step) {
        long at = index < 0 ? index + n : index;
        return step > 0 ? Math.clamp(at, 0, n) : Math.clamp(at, -1, n - 1);
    }
}

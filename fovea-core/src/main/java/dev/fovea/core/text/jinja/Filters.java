package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Jinja's filters, as far as chat templates use them. */
final class Filters {
    private Filters() {}

    static @Nullable Object apply(String name, @Nullable Object v, CallArguments a) {
        return switch (name) {
            case "trim" -> Methods.strip(Values.write(v), a.get(0, "chars", null), true, true);
            case "upper" -> Values.write(v).toUpperCase(Locale.ROOT);
            case "lower" -> Values.write(v).toLowerCase(Locale.ROOT);
            case "capitalize" -> Methods.capitalize(Values.write(v));
            case "title" -> Methods.title(Values.write(v));
            case "replace" ->
                Methods.replace(Values.write(v), a.text(0, "old"), a.text(1, "new"), a.integer(2, "count", -1));
            case "string", "safe" -> Values.write(v);
            case "escape", "e", "forceescape" -> escape(Values.write(v));
            case "length", "count" -> Values.length(v);
            case "first" -> end(v, false);
            case "last" -> end(v, true);
            case "list" -> Values.elements(v);
            case "join" -> join(v, a);
            case "reverse" -> reversed(v);
            case "sort" -> sort(v, a);
            case "unique" -> unique(v);
            case "min" -> most(v, Collections.reverseOrder(Values::compare));
            case "max" -> most(v, Values::compare);
            case "sum" -> sum(v);
            case "items" -> v instanceof Map<?, ?> map ? Methods.items(map) : Values.elements(v);
            case "dictsort" -> dictsort(v);
            case "map" -> map(v, a);
            case "select" -> select(v, a, true);
            case "reject" -> select(v, a, false);
            case "selectattr" -> selectAttribute(v, a, true);
            case "rejectattr" -> selectAttribute(v, a, false);
            case "default", "d" ->
                v instanceof Values.Undefined || (a.flag(1, "boolean", false) && !Values.truth(v))
                        ? a.get(0, "default_value", "")
                        : v;
            case "int" -> toInteger(v, a.get(0, "default", 0L));
            case "float" -> toReal(v, a.get(0, "default", 0.0));
            case "abs" -> v instanceof Double d ? Math.abs(d) : (Object) Math.absExact(Values.integer(v));
            case "round" -> round(v, a);
            case "tojson" -> json(v, a);
            case "indent" -> indent(Values.write(v), a);
            case "format" -> Methods.percent(Values.write(v), a.positional());
            default -> throw new TemplateException("the filter '" + name + "' is not known");
        };
    }

    private static String escape(String s) {
        return s.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
    }

    private static @Nullable Object end(@Nullable Object v, boolean last) {
        List<@Nullable Object> items = Values.elements(v);
        return items.isEmpty()
                ? new Values.Undefined(last ? "last" : "first")
                : last ? items.getLast() : items.getFirst();
    }

    private static @Nullable Object most(@Nullable Object v, Comparator<@Nullable Object> order) {
        List<@Nullable Object> items = Values.elements(v);
        return items.isEmpty()
                ? new Values.Undefined("the largest or smallest of nothing")
                : Collections.max(items, order);
    }

    private static String join(@Nullable Object v, CallArguments a) {
        List<@Nullable Object> items = Values.elements(v);
        Object attribute = a.get(1, "attribute", null);
        if (attribute != null) {
            items.replaceAll(i -> attribute(i, attribute));
        }
        return Methods.join(Values.write(a.get(0, "d", "")), items);
    }

    private static Object reversed(@Nullable Object v) {
        if (v instanceof String s) {
            return new StringBuilder(s).reverse().toString();
        }
        return Values.elements(v).reversed();
    }

    private static List<@Nullable Object> sort(@Nullable Object v, CallArguments a) {
        Object attribute = a.get(2, "attribute", null);
        boolean caseSensitive = a.flag(1, "case_sensitive", false);
        Comparator<@Nullable Object> order = (x, y) -> {
            Object p = attribute == null ? x : attribute(x, attribute);
            Object q = attribute == null ? y : attribute(y, attribute);
            return !caseSensitive && p instanceof String s && q instanceof String t
                    ? s.toLowerCase(Locale.ROOT).compareTo(t.toLowerCase(Locale.ROOT))
                    : Values.compare(p, q);
        };
        List<@Nullable Object> items = Values.elements(v);
        items.sort(a.flag(0, "reverse", false) ? order.reversed() : order);
        return items;
    }

    private static List<@Nullable Object> unique(@Nullable Object v) {
        List<@Nullable Object> out = new ArrayList<>();
        for (Object item : Values.elements(v)) {
            if (out.stream().noneMatch(o -> Values.same(o, item))) {
                out.add(item);
            }
        }
        return out;
    }

    private static @Nullable Object sum(@Nullable Object v) {
        Object sum = 0L;
        for (Object item : Values.elements(v)) {
            sum = Arithmetic.apply("+", sum, item);
        }
        return sum;
    }

    private static List<@Nullable Object> dictsort(@Nullable Object v) {
        if (!(v instanceof Map<?, ?> map)) {
            throw new TemplateException("dictsort needs a dictionary, not " + Values.kind(v));
        }
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        map.keySet().stream()
                .map(Values::write)
                .sorted(String.CASE_INSENSITIVE_ORDER)
                .forEach(k -> copy.put(k, map.get(k)));
        return Methods.items(copy);
    }

    /** {@code map(attribute='name')} or {@code map('filter', arguments...)}. */
    private static List<@Nullable Object> map(@Nullable Object v, CallArguments a) {
        List<@Nullable Object> items = Values.elements(v);
        if (a.named().containsKey("attribute")) {
            Object attribute = a.named().get("attribute");
            Object fallback = a.named().get("default");
            items.replaceAll(i -> {
                Object value = attribute(i, attribute);
                return value instanceof Values.Undefined && fallback != null ? fallback : value;
            });
            return items;
        }
        String filter = a.text(0, "filter");
        CallArguments rest = new CallArguments(filter, a.from(1), a.named());
        items.replaceAll(i -> apply(filter, i, rest));
        return items;
    }

    private static List<@Nullable Object> select(@Nullable Object v, CallArguments a, boolean keep) {
        Predicate<@Nullable Object> test = test(a, 0);
        List<@Nullable Object> items = Values.elements(v);
        items.removeIf(i -> test.test(i) != keep);
        return items;
    }

    private static List<@Nullable Object> selectAttribute(@Nullable Object v, CallArguments a, boolean keep) {
        Object attribute = a.require(0, "attribute");
        Predicate<@Nullable Object> test = test(a, 1);
        List<@Nullable Object> items = Values.elements(v);
        items.removeIf(i -> test.test(attribute(i, attribute)) != keep);
        return items;
    }

    /** The test named by the argument at this place, with those after it; truth if there is none. */
    private static Predicate<@Nullable Object> test(CallArguments a, int index) {
        if (!a.has(index, "test")) {
            return Values::truth;
        }
        String name = a.text(index, "test");
        CallArguments rest = new CallArguments(name, a.from(index + 1), Map.of());
        return value -> Tests.apply(name, value, rest);
    }

    /** An attribute by its name, dotted for one inside another, or by a number. */
    private static @Nullable Object attribute(@Nullable Object target, @Nullable Object name) {
        if (name instanceof Long) {
            return Access.item(target, name);
        }
        Object value = target;
        for (String part : Values.text(name).split("\\.", -1)) {
            value = Access.item(value, part.matches("\\d{1,9}") ? (Object) Long.valueOf(part) : part);
        }
        return value;
    }

    private static @Nullable Object toInteger(@Nullable Object v, @Nullable Object fallback) {
        try {
            if (v instanceof Double d) {
                return d.longValue();
            }
            if (v instanceof String s) {
                return s.contains(".") ? (long) Double.parseDouble(s.strip()) : Long.parseLong(s.strip());
            }
            return Values.integer(v);
        } catch (NumberFormatException | TemplateException e) {
            return fallback;
        }
    }

    private static @Nullable Object toReal(@Nullable Object v, @Nullable Object fallback) {
        try {
            return v instanceof String s ? Double.valueOf(s.strip()) : (Object) Values.real(v);
        } catch (NumberFormatException | TemplateException e) {
            return fallback;
        }
    }

    private static double round(@Nullable Object v, CallArguments a) {
        double scale = Math.pow(10, Values.real(a.get(0, "precision", 0L)));
        double value = Values.real(v) * scale;
        return switch (Values.text(a.get(1, "method", "common"))) {
            case "ceil" -> Math.ceil(value) / scale;
            case "floor" -> Math.floor(value) / scale;
            default -> Math.rint(value) / scale;
        };
    }

    private static String json(@Nullable Object v, CallArguments a) {
        Object indent = a.get(1, "indent", null);
        Object separators = a.get(2, "separators", null);
        return PythonJson.write(
                v,
                indent == null ? -1 : Math.clamp(Values.integer(indent), 0, 16),
                separators instanceof List<?> list && list.size() == 2 ? list : null,
                a.flag(3, "sort_keys", false));
    }

    private static String indent(String s, CallArguments a) {
        Object width = a.get(0, "width", 4L);
        String pad = width instanceof String text ? text : " ".repeat(Math.clamp(Values.integer(width), 0, 64));
        boolean blank = a.flag(2, "blank", false);
        String[] lines = s.split("\n", -1);
        for (int i = a.flag(1, "first", false) ? 0 : 1; i < lines.length; i++) {
            lines[i] = lines[i].isEmpty() && !blank ? lines[i] : pad + lines[i];
        }
        return String.join("\n", lines);
    }
}

package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Filters that take sequences apart and put them together. */
final class SequenceFilters {
    private SequenceFilters() {}

    static Map<String, Filter> all() {
        Filter length = Filter.of("", (v, a, c) -> Values.length(v, c.limits));
        return Map.ofEntries(
                Map.entry("length", length),
                Map.entry("count", length),
                Map.entry("first", Filter.of("", SequenceFilters::first)),
                Map.entry("last", Filter.of("", SequenceFilters::last)),
                Map.entry("random", Filter.of("", SequenceFilters::random)),
                Map.entry("list", Filter.of("", (v, a, c) -> Elements.list(v, c.limits))),
                Map.entry("reverse", Filter.of("", SequenceFilters::reverse)),
                Map.entry("items", Filter.of("", (v, a, c) -> Lazy.over(v, c.limits, () -> items(v, c)))),
                Map.entry("join", Filter.of("d=, attribute=", SequenceFilters::join)),
                Map.entry(
                        "batch",
                        Filter.of(
                                "linecount, fill_with=",
                                (v, a, c) -> Lazy.over(
                                        v, c.limits, () -> batches(v, a, c).iterator()))),
                Map.entry(
                        "slice",
                        Filter.of(
                                "slices, fill_with=",
                                (v, a, c) -> Lazy.over(
                                        v, c.limits, () -> slices(v, a, c).iterator()))));
    }

    private static @Nullable Object first(@Nullable Object v, Arguments a, Context c) {
        Iterator<@Nullable Object> items = Elements.of(v, c.limits);
        return items.hasNext() ? items.next() : new Undefined("an empty sequence has no first element");
    }

    private static @Nullable Object last(@Nullable Object v, Arguments a, Context c) {
        Iterator<@Nullable Object> items = reversed(v, c);
        return items.hasNext() ? items.next() : new Undefined("an empty sequence has no last element");
    }

    private static @Nullable Object random(@Nullable Object v, Arguments a, Context c) {
        if (!(v instanceof List<?>) && !Values.isText(v) && !(v instanceof Undefined)) {
            throw new TemplateException("'random' needs a list or a text, not " + Values.kind(v));
        }
        long n = Values.length(v, c.limits);
        return n == 0
                ? new Undefined("an empty sequence has no random element")
                : Access.item(v, ThreadLocalRandom.current().nextLong(n), c);
    }

    private static Object reverse(@Nullable Object v, Arguments a, Context c) {
        if (Values.isText(v)) {
            c.limits.lookedAt(Values.text(v).length());
            String reversed = new StringBuilder(Values.text(v)).reverse().toString();
            return v instanceof Markup ? new Markup(reversed) : reversed;
        }
        if (v instanceof Lazy || v instanceof Loop) {
            return new ArrayList<>(Elements.list(v, c.limits).reversed());
        }
        return Lazy.over(v, c.limits, () -> reversed(v, c)).begun();
    }

    /** From the last element to the first, of what has an order that can be turned. */
    private static Iterator<@Nullable Object> reversed(@Nullable Object v, Context c) {
        if (v instanceof Lazy || v instanceof Loop) {
            throw new TemplateException(Values.kind(v) + " has no last element");
        }
        List<?> items = v instanceof List<?> list ? list : Elements.list(v, c.limits);
        return Elements.of(items.reversed(), c.limits);
    }

    private static Iterator<@Nullable Object> items(@Nullable Object v, Context c) {
        if (v instanceof Undefined) {
            return Elements.of(v, c.limits);
        }
        if (v instanceof Dict dict) {
            return Elements.of(new DictView(dict, DictView.Kind.ITEMS), c.limits);
        }
        throw new TemplateException("'items' needs a dictionary, not " + Values.kind(v));
    }

    private static Object join(@Nullable Object v, Arguments a, Context c) {
        Object separator = a.get("d", "");
        List<@Nullable Object> items = Elements.list(v, c.limits);
        if (a.get("attribute") != null) {
            Getter getter = Getter.of(a.get("attribute"), null, c);
            items.replaceAll(getter::get);
        }
        boolean markup =
                c.autoescape && (separator instanceof Markup || items.stream().anyMatch(Markup.class::isInstance));
        if (!markup) {
            return Texts.join(PythonText.write(separator, c.limits), items, c.limits);
        }
        items.replaceAll(item -> Html.escaped(item, c.limits));
        return new Markup(Texts.join(Html.escaped(separator, c.limits), items, c.limits));
    }

    private static List<@Nullable Object> batches(@Nullable Object v, Arguments a, Context c) {
        Object size = a.get("linecount");
        List<@Nullable Object> batches = new ArrayList<>();
        List<@Nullable Object> batch = new ArrayList<>();
        for (Object item : Elements.list(v, c.limits)) {
            if (Equality.same((long) batch.size(), size, c.limits)) {
                batches.add(batch);
                batch = new ArrayList<>();
            }
            batch.add(item);
        }
        if (!batch.isEmpty()) {
            Object fill = a.get("fill_with");
            if (fill != null && Values.integer(size) > batch.size()) {
                c.limits.list(Values.integer(size));
                while (batch.size() < Values.integer(size)) {
                    batch.add(fill);
                }
            }
            batches.add(batch);
        }
        return batches;
    }

    private static List<@Nullable Object> slices(@Nullable Object v, Arguments a, Context c) {
        List<@Nullable Object> items = Elements.list(v, c.limits);
        long slices = a.integer("slices", 0);
        if (slices == 0) {
            throw new TemplateException("'slice' cannot make 0 slices");
        }
        c.limits.list(Math.max(0, slices));
        int each = (int) Math.floorDiv(items.size(), slices);
        long extra = Math.floorMod(items.size(), slices);
        List<@Nullable Object> out = new ArrayList<>();
        int from = 0;
        for (long i = 0; i < slices; i++) {
            int to = from + each + (i < extra ? 1 : 0);
            List<@Nullable Object> slice = new ArrayList<>(items.subList(from, to));
            if (a.get("fill_with") != null && i >= extra) {
                slice.add(a.get("fill_with"));
            }
            out.add(slice);
            from = to;
        }
        return out;
    }
}

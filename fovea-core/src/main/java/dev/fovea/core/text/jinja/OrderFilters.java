package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Filters that sort, compare and add up. */
final class OrderFilters {
    /** An element with what it is compared by. */
    private record Keyed(@Nullable Object key, @Nullable Object item) {}

    private OrderFilters() {}

    static Map<String, Filter> all() {
        return Map.of(
                "sort", Filter.of("reverse=, case_sensitive=, attribute=", OrderFilters::sort),
                "dictsort", Filter.of("case_sensitive=, by=, reverse=", OrderFilters::dictsort),
                "groupby", Filter.of("attribute, default=, case_sensitive=", OrderFilters::groupBy),
                "unique",
                        Filter.of(
                                "case_sensitive=, attribute=",
                                (v, a, c) -> Lazy.over(
                                        v, c.limits, () -> unique(v, a, c).iterator())),
                "min", Filter.of("case_sensitive=, attribute=", (v, a, c) -> most(v, a, c, false)),
                "max", Filter.of("case_sensitive=, attribute=", (v, a, c) -> most(v, a, c, true)),
                "sum", Filter.of("attribute=, start=", OrderFilters::sum));
    }

    /** The elements by their keys; elements with the same key stay in order, also when it is reversed. */
    private static void sort(List<Keyed> keyed, boolean reverse, Limits limits) {
        Comparator<Keyed> order = Comparator.comparing(Keyed::key, Equality.comparator(limits));
        keyed.sort(reverse ? order.reversed() : order);
    }

    private static List<@Nullable Object> items(List<Keyed> keyed) {
        List<@Nullable Object> items = new ArrayList<>(keyed.size());
        keyed.forEach(k -> items.add(k.item()));
        return items;
    }

    private static Object sort(@Nullable Object v, Arguments a, Context c) {
        List<Getter> getters = Getter.several(a.get("attribute"), c);
        boolean caseSensitive = a.flag("case_sensitive", false);
        List<Keyed> keyed = new ArrayList<>();
        for (Object item : Elements.list(v, c.limits)) {
            List<@Nullable Object> key = new ArrayList<>();
            getters.forEach(g -> key.add(g.key(item, caseSensitive)));
            keyed.add(new Keyed(key, item));
        }
        sort(keyed, a.flag("reverse", false), c.limits);
        return items(keyed);
    }

    private static Object dictsort(@Nullable Object v, Arguments a, Context c) {
        String by = Values.text(a.get("by", "key"));
        if (!by.equals("key") && !by.equals("value")) {
            throw new TemplateException("'dictsort' sorts by \"key\" or \"value\"");
        }
        if (!(v instanceof Dict dict)) {
            throw new TemplateException("'dictsort' needs a dictionary, not " + Values.kind(v));
        }
        Getter getter = Getter.of(by.equals("key") ? 0L : 1L, null, c);
        List<Keyed> keyed = new ArrayList<>();
        for (Object pair : Methods.pairs(dict)) {
            keyed.add(new Keyed(getter.key(pair, a.flag("case_sensitive", false)), pair));
        }
        sort(keyed, a.flag("reverse", false), c.limits);
        return items(keyed);
    }

    private static Object groupBy(@Nullable Object v, Arguments a, Context c) {
        boolean caseSensitive = a.flag("case_sensitive", false);
        Getter getter = Getter.of(a.get("attribute"), a.get("default"), c);
        List<Keyed> keyed = new ArrayList<>();
        for (Object item : Elements.list(v, c.limits)) {
            keyed.add(new Keyed(getter.key(item, caseSensitive), item));
        }
        sort(keyed, false, c.limits);
        List<@Nullable Object> groups = new ArrayList<>();
        List<@Nullable Object> group = new ArrayList<>();
        for (int i = 0; i < keyed.size(); i++) {
            group.add(keyed.get(i).item());
            boolean ends = i + 1 == keyed.size()
                    || !Equality.same(keyed.get(i).key(), keyed.get(i + 1).key(), c.limits);
            if (ends) {
                groups.add(Tuple.group(getter.get(group.getFirst()), group));
                group = new ArrayList<>();
            }
        }
        return groups;
    }

    private static List<@Nullable Object> unique(@Nullable Object v, Arguments a, Context c) {
        Getter getter = Getter.of(a.get("attribute"), null, c);
        Set<Object> seen = new HashSet<>();
        List<@Nullable Object> out = new ArrayList<>();
        Iterator<@Nullable Object> items = Elements.of(v, c.limits);
        while (items.hasNext()) {
            c.limits.spend(2);
            Object item = items.next();
            if (seen.add(Dict.place(getter.key(item, a.flag("case_sensitive", false)), c.limits))) {
                out.add(item);
            }
        }
        return out;
    }

    private static @Nullable Object most(@Nullable Object v, Arguments a, Context c, boolean largest) {
        Getter getter = Getter.of(a.get("attribute"), null, c);
        boolean caseSensitive = a.flag("case_sensitive", false);
        Iterator<@Nullable Object> items = Elements.of(v, c.limits);
        if (!items.hasNext()) {
            return new Undefined("an empty sequence has no smallest or largest element");
        }
        Object best = items.next();
        Object key = getter.key(best, caseSensitive);
        while (items.hasNext()) {
            Object item = items.next();
            Object other = getter.key(item, caseSensitive);
            if (largest ? Equality.less(key, other, false, c.limits) : Equality.less(other, key, false, c.limits)) {
                best = item;
                key = other;
            }
        }
        return best;
    }

    private static @Nullable Object sum(@Nullable Object v, Arguments a, Context c) {
        Object sum = a.get("start", 0L);
        if (Values.isText(sum)) {
            throw new TemplateException("texts are joined with 'join', not added with 'sum'");
        }
        Getter getter = Getter.of(a.get("attribute"), null, c);
        Iterator<@Nullable Object> items = Elements.of(v, c.limits);
        while (items.hasNext()) {
            sum = Arithmetic.apply("+", sum, getter.get(items.next()), c);
        }
        return sum;
    }
}

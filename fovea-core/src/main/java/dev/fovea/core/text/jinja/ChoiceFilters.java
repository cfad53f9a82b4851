package dev.fovea.core.text.jinja;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Filters that choose elements, or do something to each, and {@code default} and {@code attr}. */
final class ChoiceFilters {
    private ChoiceFilters() {}

    static Map<String, Filter> all() {
        Filter fallback = Filter.of(
                "default_value=, boolean=",
                (v, a, c) -> v instanceof Undefined || a.flag("boolean", false) && !Values.truth(v)
                        ? a.get("default_value", "")
                        : v);
        return Map.of(
                "default", fallback,
                "d", fallback,
                "attr", Filter.of("name", (v, a, c) -> Access.own(v, a.text("name"), c)),
                "map", Filter.of("*", (v, a, c) -> Lazy.over(v, c.limits, () -> mapped(v, a, c))),
                "select", Filter.of("*", (v, a, c) -> Lazy.over(v, c.limits, () -> chosen(v, a, c, true, false))),
                "reject", Filter.of("*", (v, a, c) -> Lazy.over(v, c.limits, () -> chosen(v, a, c, false, false))),
                "selectattr", Filter.of("*", (v, a, c) -> Lazy.over(v, c.limits, () -> chosen(v, a, c, true, true))),
                "rejectattr", Filter.of("*", (v, a, c) -> Lazy.over(v, c.limits, () -> chosen(v, a, c, false, true))));
    }

    private static Iterator<@Nullable Object> mapped(@Nullable Object v, Arguments a, Context c) {
        if (!Values.truth(v)) {
            return Elements.of(List.of(), c.limits);
        }
        UnaryOperator<@Nullable Object> operation = operation(a, c);
        Iterator<@Nullable Object> items = Elements.of(v, c.limits);
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return items.hasNext();
            }

            @Override
            public @Nullable Object next() {
                return operation.apply(items.next());
            }
        };
    }

    /** {@code map(attribute='name')} or {@code map('filter', arguments...)}. */
    private static UnaryOperator<@Nullable Object> operation(Arguments a, Context c) {
        if (a.positional().isEmpty() && a.named().containsKey("attribute")) {
            Map<String, @Nullable Object> others = new LinkedHashMap<>(a.named());
            others.keySet().removeAll(List.of("attribute", "default"));
            if (!others.isEmpty()) {
                throw new TemplateException(
                        "'map' takes no argument '" + others.keySet().iterator().next() + "'");
            }
            return Getter.of(a.named().get("attribute"), a.named().get("default"), c)::get;
        }
        if (a.positional().isEmpty()) {
            throw new TemplateException("'map' needs the name of a filter, or an attribute");
        }
        String filter = Values.text(a.positional().getFirst());
        return item -> Filters.apply(filter, item, a.from(1), a.named(), c);
    }

    private static Iterator<@Nullable Object> chosen(
            @Nullable Object v, Arguments a, Context c, boolean keep, boolean byAttribute) {
        if (!Values.truth(v)) {
            return Elements.of(List.of(), c.limits);
        }
        Predicate<@Nullable Object> test = test(a, c, byAttribute);
        Iterator<@Nullable Object> items = Elements.of(v, c.limits);
        return new Iterator<>() {
            private boolean found;
            private @Nullable Object item;

            @Override
            public boolean hasNext() {
                while (!found && items.hasNext()) {
                    item = items.next();
                    found = test.test(item) == keep;
                }
                return found;
            }

            @Override
            public @Nullable Object next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                found = false;
                return item;
            }
        };
    }

    /** The test that is named, with the arguments after its name; truth if there is none. */
    private static Predicate<@Nullable Object> test(Arguments a, Context c, boolean byAttribute) {
        int named = byAttribute ? 1 : 0;
        if (a.positional().size() < named) {
            throw new TemplateException("'" + a.what() + "' needs the name of an attribute");
        }
        Getter getter = Getter.of(byAttribute ? a.positional().getFirst() : null, null, c);
        if (a.positional().size() == named) {
            return item -> Values.truth(getter.get(item));
        }
        String test = Values.text(a.positional().get(named));
        return item -> Tests.apply(test, getter.get(item), a.from(named + 1), a.named(), c);
    }
}

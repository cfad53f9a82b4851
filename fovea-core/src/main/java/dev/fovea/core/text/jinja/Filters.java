package dev.fovea.core.text.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Jinja's filters by name. */
final class Filters {
    private static final Map<String, Filter> ALL = all();

    private Filters() {}

    private static Map<String, Filter> all() {
        Map<String, Filter> all = new HashMap<>();
        all.putAll(TextFilters.all());
        all.putAll(HtmlFilters.all());
        all.putAll(NumberFilters.all());
        all.putAll(SequenceFilters.all());
        all.putAll(OrderFilters.all());
        all.putAll(ChoiceFilters.all());
        return Map.copyOf(all);
    }

    static boolean knows(String name) {
        return ALL.containsKey(name);
    }

    static @Nullable Object apply(
            String name,
            @Nullable Object value,
            List<@Nullable Object> positional,
            Map<String, @Nullable Object> named,
            Context context) {
        Filter filter = ALL.get(name);
        if (filter == null) {
            throw new TemplateException("the filter '" + name + "' is not known");
        }
        return filter.apply(name, value, positional, named, context);
    }
}

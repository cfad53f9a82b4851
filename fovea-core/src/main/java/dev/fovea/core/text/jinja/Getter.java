package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An attribute as filters name it: {@code "a.b.0"}, a number, or nothing, which stands for the value itself. */
final class Getter {
    private final List<Object> path;
    private final @Nullable Object fallback;
    private final Context context;

    private Getter(List<Object> path, @Nullable Object fallback, Context context) {
        this.path = path;
        this.fallback = fallback;
        this.context = context;
    }

    static Getter of(@Nullable Object attribute, @Nullable Object fallback, Context context) {
        List<Object> path = new ArrayList<>();
        if (Values.isText(attribute)) {
            for (Object part : Splitting.split(Values.text(attribute), ".", -1, context.limits)) {
                String name = Values.text(part);
                path.add(name.matches("\\d{1,18}") ? (Object) Long.valueOf(name) : name);
            }
        } else if (attribute != null) {
            path.add(attribute);
        }
        return new Getter(path, fallback, context);
    }

    /** Several at once, separated by commas. */
    static List<Getter> several(@Nullable Object attributes, Context context) {
        List<Getter> getters = new ArrayList<>();
        if (Values.isText(attributes)) {
            for (Object one : Splitting.split(Values.text(attributes), ",", -1, context.limits)) {
                getters.add(of(one, null, context));
            }
        } else {
            getters.add(of(attributes, null, context));
        }
        return getters;
    }

    @Nullable
    Object get(@Nullable Object item) {
        Object value = item;
        for (Object part : path) {
            value = Access.item(value, part, context);
            value = value instanceof Undefined && fallback != null ? fallback : value;
        }
        return value;
    }

    /** As above, and texts in lower case unless case counts. */
    @Nullable
    Object key(@Nullable Object item, boolean caseSensitive) {
        Object value = get(item);
        return !caseSensitive && Values.isText(value) ? Texts.lower(Values.text(value), context.limits) : value;
    }
}

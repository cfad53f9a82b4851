package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looping over values: what a {@code for} and the filters on sequences see of them. */
final class Elements {
    private Elements() {}

    static boolean has(@Nullable Object value) {
        return Values.isText(value)
                || value instanceof List<?>
                || value instanceof Dict
                || value instanceof DictView
                || value instanceof Lazy
                || value instanceof Loop
                || value instanceof Undefined;
    }

    /** The elements one by one; each is paid for when it is taken. */
    static Iterator<@Nullable Object> of(@Nullable Object value, Limits limits) {
        Iterator<@Nullable Object> source = source(value);
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return source.hasNext();
            }

            @Override
            public @Nullable Object next() {
                limits.step();
                return source.next();
            }
        };
    }

    @SuppressWarnings("unchecked")
    private static Iterator<@Nullable Object> source(@Nullable Object value) {
        return switch (value) {
            case Undefined u -> Collections.emptyIterator();
            case List<?> list -> (Iterator<@Nullable Object>) (Iterator<?>) list.iterator();
            case Dict dict -> new DictView(dict, DictView.Kind.KEYS).iterator();
            case DictView view -> view.iterator();
            case Lazy lazy -> lazy;
            case String s -> characters(s);
            case Markup m -> characters(m.text());
            case Loop loop -> loop;
            case null -> throw new TemplateException(Values.kind(value) + " cannot be looped over");
            default -> throw new TemplateException(Values.kind(value) + " cannot be looped over");
        };
    }

    private static Iterator<@Nullable Object> characters(String s) {
        return new Iterator<>() {
            private int at;

            @Override
            public boolean hasNext() {
                return at < s.length();
            }

            @Override
            public Object next() {
                int c = s.codePointAt(at);
                at += Character.charCount(c);
                return Character.toString(c);
            }
        };
    }

    /** All elements, as a list of its own. */
    static List<@Nullable Object> list(@Nullable Object value, Limits limits) {
        List<@Nullable Object> out = new ArrayList<>();
        Iterator<@Nullable Object> items = of(value, limits);
        while (items.hasNext()) {
            Limits.checkList(out.size() + 1L);
            out.add(items.next());
        }
        return out;
    }
}

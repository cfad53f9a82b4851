package dev.fovea.core.text.jinja;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/** A tuple: a list in most respects, written in round brackets and equal to tuples only. */
final class Tuple extends AbstractList<@Nullable Object> implements RandomAccess {
    private final List<@Nullable Object> items;

    /** Names of the elements, where they have any. */
    private final List<String> names;

    Tuple(List<@Nullable Object> items) {
        this(items, List.of());
    }

    private Tuple(List<@Nullable Object> items, List<String> names) {
        this.items = items;
        this.names = names;
    }

    static Tuple of(@Nullable Object... items) {
        List<@Nullable Object> list = new ArrayList<>(items.length);
        for (Object item : items) {
            list.add(item);
        }
        return new Tuple(list);
    }

    /** What {@code groupby} makes of each group. */
    static Tuple group(@Nullable Object grouper, List<@Nullable Object> items) {
        return new Tuple(of(grouper, items).items, List.of("grouper", "list"));
    }

    /** The place of the element with this name, or -1. */
    int place(String name) {
        return names.indexOf(name);
    }

    @Override
    public @Nullable Object get(int index) {
        return items.get(index);
    }

    @Override
    public int size() {
        return items.size();
    }
}

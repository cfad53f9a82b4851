package dev.fovea.core.text.jinja;

import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** What {@code keys()}, {@code values()} and {@code items()} of a dictionary give. */
record DictView(Dict dict, Kind kind) {
    enum Kind {
        KEYS,
        VALUES,
        ITEMS
    }

    @Nullable
    Object of(Dict.Entry entry) {
        return switch (kind) {
            case KEYS -> entry.key();
            case VALUES -> entry.value();
            case ITEMS -> entry.pair();
        };
    }

    Iterator<@Nullable Object> iterator() {
        Iterator<Dict.Entry> entries = dict.entries().iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return entries.hasNext();
            }

            @Override
            public @Nullable Object next() {
                return of(entries.next());
            }
        };
    }
}

package dev.fovea.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What waits, in order of arrival for each owner, and owner by owner in turn: who asks for a hundred things does not
 * make the others wait for all of them. Not for use by several threads at once.
 */
final class FairQueue<T> {
    private final Map<String, Deque<T>> owners = new LinkedHashMap<>();
    private int size;

    void add(String owner, T item) {
        owners.computeIfAbsent(owner, o -> new ArrayDeque<>()).add(item);
        size++;
    }

    /** The next one, or null if none waits. Its owner's turn comes again behind all others. */
    @Nullable
    T poll() {
        if (owners.isEmpty()) {
            return null;
        }
        Map.Entry<String, Deque<T>> next = owners.entrySet().iterator().next();
        Deque<T> items = next.getValue();
        T item = items.remove();
        String owner = next.getKey();
        owners.remove(owner);
        if (!items.isEmpty()) {
            owners.put(owner, items);
        }
        size--;
        return item;
    }

    /** Takes out whatever is no longer wanted. */
    List<T> drop(Predicate<T> unwanted) {
        List<T> dropped = new ArrayList<>();
        owners.values()
                .forEach(items -> items.removeIf(item -> {
                    boolean out = unwanted.test(item);
                    if (out) {
                        dropped.add(item);
                    }
                    return out;
                }));
        owners.values().removeIf(Deque::isEmpty);
        size -= dropped.size();
        return dropped;
    }

    int size() {
        return size;
    }
}

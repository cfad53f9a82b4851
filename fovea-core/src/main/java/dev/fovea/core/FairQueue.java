package dev.fovea.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
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

    /**
     * The next one that is wanted, or null if none of them waits: the first of the owner whose turn it is, or of the next
     * one. Its owner's turn comes again behind all others.
     */
    @Nullable
    T poll(Predicate<T> wanted) {
        for (Map.Entry<String, Deque<T>> next : owners.entrySet()) {
            Iterator<T> items = next.getValue().iterator();
            while (items.hasNext()) {
                T item = items.next();
                if (wanted.test(item)) {
                    items.remove();
                    size--;
                    behindAllOthers(next.getKey());
                    return item;
                }
            }
        }
        return null;
    }

    private void behindAllOthers(String owner) {
        Deque<T> items = owners.remove(owner);
        if (items != null && !items.isEmpty()) {
            owners.put(owner, items);
        }
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

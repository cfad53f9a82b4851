package dev.fovea.core.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Things that belong to different models, each treated together with its like, the results in the order of the things. */
final class Groups {
    private Groups() {}

    /**
     * Treats every group.
     *
     * @param key tells groups apart
     * @param together a result to each of a group
     * @param undo takes results back if a later group fails
     */
    static <T, K, R> List<R> each(
            List<T> things, Function<T, K> key, BiFunction<K, List<T>, List<R>> together, Function<R, Runnable> undo) {
        Map<K, List<Integer>> groups = new HashMap<>();
        List<K> order = new ArrayList<>();
        for (int i = 0; i < things.size(); i++) {
            K k = key.apply(things.get(i));
            groups.computeIfAbsent(k, fresh -> {
                        order.add(fresh);
                        return new ArrayList<>();
                    })
                    .add(i);
        }
        if (order.size() == 1) {
            return together.apply(order.getFirst(), things);
        }
        List<@Nullable R> results = new ArrayList<>(Collections.nCopies(things.size(), null));
        try {
            for (K k : order) {
                List<Integer> places = groups.getOrDefault(k, List.of());
                List<R> own = together.apply(k, places.stream().map(things::get).toList());
                for (int i = 0; i < places.size(); i++) {
                    results.set(places.get(i), own.get(i));
                }
            }
        } catch (RuntimeException e) {
            for (R result : results) {
                if (result != null) {
                    undo.apply(result).run();
                }
            }
            throw e;
        }
        List<R> all = new ArrayList<>();
        for (R result : results) {
            if (result != null) {
                all.add(result);
            }
        }
        return all;
    }
}

package dev.fovea.core.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The evaluated arguments of a call to something built in.
 *
 * @param what what is called, for messages
 * @param bound those of a fixed list of parameters, by name
 */
record Arguments(
        String what,
        List<@Nullable Object> positional,
        Map<String, @Nullable Object> named,
        Map<String, @Nullable Object> bound) {

    boolean has(String name) {
        return bound.containsKey(name);
    }

    @Nullable
    Object get(String name) {
        return bound.get(name);
    }

    @Nullable
    Object get(String name, @Nullable Object fallback) {
        return bound.containsKey(name) ? bound.get(name) : fallback;
    }

    String text(String name) {
        return Values.text(bound.get(name));
    }

    String text(String name, String fallback) {
        return has(name) ? text(name) : fallback;
    }

    long integer(String name, long fallback) {
        return has(name) ? Values.integer(bound.get(name)) : fallback;
    }

    boolean flag(String name, boolean fallback) {
        return has(name) ? Values.truth(bound.get(name)) : fallback;
    }

    /** The positional arguments from this one on. */
    List<@Nullable Object> from(int index) {
        return positional.subList(Math.min(index, positional.size()), positional.size());
    }
}

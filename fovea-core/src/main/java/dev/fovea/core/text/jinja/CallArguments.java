package dev.fovea.core.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The evaluated arguments of a call to something built in, looked up by place or by name.
 *
 * @param what what is called, for messages
 */
record CallArguments(String what, List<@Nullable Object> positional, Map<String, @Nullable Object> named) {
    boolean has(int index, String name) {
        return index < positional.size() || named.containsKey(name);
    }

    @Nullable
    Object get(int index, String name, @Nullable Object fallback) {
        return index < positional.size() ? positional.get(index) : named.containsKey(name) ? named.get(name) : fallback;
    }

    @Nullable
    Object require(int index, String name) {
        if (!has(index, name)) {
            throw new TemplateException(what + " needs the argument '" + name + "'");
        }
        return get(index, name, null);
    }

    String text(int index, String name) {
        return Values.text(require(index, name));
    }

    long integer(int index, String name, long fallback) {
        return Values.integer(get(index, name, fallback));
    }

    boolean flag(int index, String name, boolean fallback) {
        return Values.truth(get(index, name, fallback));
    }

    /** The positional arguments from this one on. */
    List<@Nullable Object> from(int index) {
        return positional.subList(Math.min(index, positional.size()), positional.size());
    }
}

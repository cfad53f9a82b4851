package dev.fovea.core.text.jinja;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The one thing whose attributes a template may set. */
final class Namespace {
    private final Map<String, @Nullable Object> values = new LinkedHashMap<>();

    void set(String name, @Nullable Object value) {
        if (name.startsWith("_")) {
            throw new TemplateException(
                    "a namespace cannot hold '" + name + "': names that begin with _ are kept back");
        }
        values.put(name, value);
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    @Nullable
    Object get(String name) {
        return values.get(name);
    }

    Map<String, @Nullable Object> values() {
        return values;
    }
}

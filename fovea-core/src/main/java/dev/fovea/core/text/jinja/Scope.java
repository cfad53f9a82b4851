package dev.fovea.core.text.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names and their values; inner scopes see outer ones and never change them. */
final class Scope {
    private final @Nullable Scope outer;
    private final Map<String, @Nullable Object> values = new HashMap<>();

    Scope(@Nullable Scope outer) {
        this.outer = outer;
    }

    @Nullable
    Object get(String name) {
        for (Scope s = this; s != null; s = s.outer) {
            Object value = s.values.get(name);
            if (value != null || s.values.containsKey(name)) {
                return value;
            }
        }
        return Undefined.name(name);
    }

    void set(String name, @Nullable Object value) {
        values.put(name, value);
    }

    void set(Target target, @Nullable Object value, Limits limits) {
        switch (target) {
            case Target.Name name -> values.put(name.name(), value);
            case Target.Attribute a -> namespace(a).set(a.attribute(), value);
            case Target.Several several -> {
                List<@Nullable Object> parts = Elements.list(value, limits);
                int count = several.targets().size();
                if (parts.size() != count) {
                    throw new TemplateException(parts.size() + " values cannot be given to " + count + " names");
                }
                for (int i = 0; i < count; i++) {
                    set(several.targets().get(i), parts.get(i), limits);
                }
            }
        }
    }

    /** Refuses to set attributes of what is no namespace, before the value is computed. */
    void check(Target target) {
        switch (target) {
            case Target.Name name -> {}
            case Target.Attribute a -> namespace(a);
            case Target.Several several -> several.targets().forEach(this::check);
        }
    }

    private Namespace namespace(Target.Attribute target) {
        Object value = get(target.namespace());
        if (value instanceof Namespace namespace) {
            return namespace;
        }
        throw new TemplateException(
                "only attributes of a namespace can be set, and '" + target.namespace() + "' is " + Values.kind(value));
    }
}

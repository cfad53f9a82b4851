package dev.fovea.core.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One of Jinja's filters: its parameters beside the value, and what it does. */
record Filter(Signature signature, Body body) {
    /** What a filter does. */
    interface Body {
        @Nullable
        Object apply(@Nullable Object value, Arguments arguments, Context context);
    }

    static Filter of(String signature, Body body) {
        return new Filter(Signature.of(signature), body);
    }

    @Nullable
    Object apply(
            String name,
            @Nullable Object value,
            List<@Nullable Object> positional,
            Map<String, @Nullable Object> named,
            Context context) {
        context.limits.step();
        return body.apply(value, signature.bind(name, positional, named), context);
    }
}

package dev.fovea.core.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What can be called from a template. */
interface Callable {
    @Nullable
    Object call(List<@Nullable Object> positional, Map<String, @Nullable Object> named);
}

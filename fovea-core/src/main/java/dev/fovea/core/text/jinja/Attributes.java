package dev.fovea.core.text.jinja;

import org.jspecify.annotations.Nullable;

/** A value with named properties of its own, such as {@code loop} or a macro. */
interface Attributes {
    /** The property of this name, or {@link #NONE}. */
    @Nullable
    Object attribute(String name);

    /** Stands for a property that does not exist. */
    Object NONE = new Object();

    /** What Python's {@code str} writes for the whole. */
    String written();
}

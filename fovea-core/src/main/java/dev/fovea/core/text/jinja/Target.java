package dev.fovea.core.text.jinja;

import java.util.List;

/** What a value can be assigned to. */
sealed interface Target {
    record Name(String name) implements Target {}

    /** {@code namespace.attribute}. */
    record Attribute(String namespace, String attribute) implements Target {}

    /** Several, which share the elements of the value among them. */
    record Several(List<Target> targets) implements Target {}
}

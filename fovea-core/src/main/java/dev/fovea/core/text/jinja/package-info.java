/**
 * The part of the Jinja template language that chat templates are written in, with the settings of
 * {@code transformers} (trimmed blocks, an immutable sandbox). Templates come with checkpoints and are untrusted: they
 * see only the values they are given, cannot reach files or Java objects, and are stopped when they run for too long or
 * write too much. It starts in milliseconds, which a general engine does not.
 */
@NullMarked
package dev.fovea.core.text.jinja;

import org.jspecify.annotations.NullMarked;

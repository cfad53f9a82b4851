/** Techniques that merge or drop tokens while the vision encoder runs. */
@NullMarked
package dev.fovea.techniques.encoder;

import org.jspecify.annotations.NullMarked;

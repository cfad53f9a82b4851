/** Techniques that act before the encoder: on the size of the picture, or on the pixels of its patches. */
@NullMarked
package dev.fovea.techniques.framing;

import org.jspecify.annotations.NullMarked;

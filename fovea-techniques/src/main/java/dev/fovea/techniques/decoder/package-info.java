/** Techniques that prune between the layers of the language model. */
@NullMarked
package dev.fovea.techniques.decoder;

import org.jspecify.annotations.NullMarked;

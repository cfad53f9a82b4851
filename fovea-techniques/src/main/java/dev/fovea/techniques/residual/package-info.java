/** Techniques that add to hidden states of the language model while it reads and answers. */
@NullMarked
package dev.fovea.techniques.residual;

import org.jspecify.annotations.NullMarked;

/** Techniques that act on attention scores and logits while the answer is written. */
@NullMarked
package dev.fovea.techniques.attention;

import org.jspecify.annotations.NullMarked;

/** Techniques that act on what the language model expects next, and on nothing before it. */
@NullMarked
package dev.fovea.techniques.logits;

import org.jspecify.annotations.NullMarked;

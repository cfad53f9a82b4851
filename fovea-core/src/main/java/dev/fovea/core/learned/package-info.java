/** Techniques with weights of their own: what they declare, where the weights lie, and how they reach a plan. */
@NullMarked
package dev.fovea.core.learned;

import org.jspecify.annotations.NullMarked;

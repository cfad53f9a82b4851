/** Measuring models and techniques: failures that a person can act on, and figures with their uncertainty. */
@NullMarked
package dev.fovea.eval;

import org.jspecify.annotations.NullMarked;

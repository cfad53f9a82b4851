/** Techniques with weights of their own, trained for one model. */
@NullMarked
package dev.fovea.techniques.learned;

import org.jspecify.annotations.NullMarked;

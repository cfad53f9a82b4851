/** One picture and one question under many techniques, side by side. */
@NullMarked
package dev.fovea.eval.compare;

import org.jspecify.annotations.NullMarked;

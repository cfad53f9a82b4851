/** Turns scenes of the procedural world into training samples, on threads of their own. */
@NullMarked
package dev.fovea.train.data;

import org.jspecify.annotations.NullMarked;

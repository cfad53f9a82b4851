/** Training: recipes, the loop, and what it reports. */
@NullMarked
package dev.fovea.train;

import org.jspecify.annotations.NullMarked;

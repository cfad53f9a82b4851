/** Changes of a model's weights that a plan brings along: what is added to which tensor. */
@NullMarked
package dev.fovea.core.adapt;

import org.jspecify.annotations.NullMarked;

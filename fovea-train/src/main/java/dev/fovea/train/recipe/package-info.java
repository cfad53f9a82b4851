/** Recipes: how a named model is trained from nothing. */
@NullMarked
package dev.fovea.train.recipe;

import org.jspecify.annotations.NullMarked;

/** What a model's sizes are, without its weights: shared by models, techniques and cost models. */
@NullMarked
package dev.fovea.core.shape;

import org.jspecify.annotations.NullMarked;

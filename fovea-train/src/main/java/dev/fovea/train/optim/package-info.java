/** Optimisers over flat parameters, learning-rate schedules, gradient clipping. */
@NullMarked
package dev.fovea.train.optim;

import org.jspecify.annotations.NullMarked;

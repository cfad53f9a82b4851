/** The training loop: steps, progress, evaluation while training, checkpoints that resume exactly, charts. */
@NullMarked
package dev.fovea.train.loop;

import org.jspecify.annotations.NullMarked;

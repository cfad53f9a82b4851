/** Models in trainable form: parameters in one flat buffer, batched forward passes through the layers of the core. */
@NullMarked
package dev.fovea.train.nn;

import org.jspecify.annotations.NullMarked;

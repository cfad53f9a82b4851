/** Weights in eight or four bits: how they are made, how they lie in a checkpoint, and how a network takes them. */
@NullMarked
package dev.fovea.core.model.quantized;

import org.jspecify.annotations.NullMarked;

/** The layers that vision and language models are built from, over weights held as tensors; differentiable. */
@NullMarked
package dev.fovea.core.layer;

import org.jspecify.annotations.NullMarked;

package dev.fovea.core.layer;

import org.bytedeco.pytorch.Tensor;

/** A normalisation over the last dimension. */
public sealed interface Norm permits LayerNorm, OffsetRmsNorm, RmsNorm {

    /** {@code [..., width] -> [..., width]}, in the dtype of {@code x}. */
    Tensor forward(Tensor x);
}

package dev.fovea.core.layer;

import org.bytedeco.pytorch.Tensor;

/** What a transformer block does to each token by itself. */
public sealed interface FeedForward permits Mlp, GatedMlp {

    /** {@code [..., in] -> [..., out]}. */
    Tensor forward(Tensor x);
}

package dev.fovea.core.layer;

import org.bytedeco.pytorch.Tensor;

/** Two linear layers around an activation (CLIP's MLP, LLaVA's projector). */
public record Mlp(Linear first, Activation activation, Linear second) implements FeedForward {

    /** {@code [..., in] -> [..., out]}. */
    @Override
    public Tensor forward(Tensor x) {
        return second.forward(activation.forwardOwned(first.forward(x)));
    }
}

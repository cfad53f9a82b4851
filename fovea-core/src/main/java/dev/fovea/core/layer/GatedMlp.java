package dev.fovea.core.layer;

import org.bytedeco.pytorch.Tensor;

/** {@code down(act(gate(x)) * up(x))} (Llama). */
public record GatedMlp(Linear gate, Linear up, Linear down, Activation activation) {

    /** {@code [..., width] -> [..., width]}. */
    public Tensor forward(Tensor x) {
        Tensor activated = activation.forward(gate.forward(x));
        Tensor wide = up.forward(x);
        // In place where no gradient needs the factors: these are the largest tensors of a layer.
        return down.forward(
                activated.requires_grad() || wide.requires_grad() ? activated.mul(wide) : activated.mul_(wide));
    }
}

package dev.fovea.core.layer;

import org.bytedeco.pytorch.Tensor;

/** {@code down(act(gate(x)) * up(x))} (Llama). */
public record GatedMlp(Linear gate, Linear up, Linear down, Activation activation) {

    /** {@code [..., width] -> [..., width]}. */
    public Tensor forward(Tensor x) {
        return down.forward(activation.forward(gate.forward(x)).mul(up.forward(x)));
    }
}

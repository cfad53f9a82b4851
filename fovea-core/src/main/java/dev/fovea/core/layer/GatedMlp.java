package dev.fovea.core.layer;

import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** {@code down(act(gate(x)) * up(x))} (Llama). */
public record GatedMlp(Linear gate, Linear up, Linear down, Activation activation) implements FeedForward {

    /** {@code [..., width] -> [..., width]}. */
    @Override
    public Tensor forward(Tensor x) {
        List<Tensor> both = Linear.forward(x, gate, up);
        Tensor activated = activation.forwardOwned(both.get(0));
        Tensor wide = both.get(1);
        // In place where no gradient needs the factors: these are the largest tensors of a layer.
        return down.forward(
                activated.requires_grad() || wide.requires_grad() ? activated.mul(wide) : activated.mul_(wide));
    }
}

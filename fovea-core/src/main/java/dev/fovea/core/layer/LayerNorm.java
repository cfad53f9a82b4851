package dev.fovea.core.layer;

import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Layer normalisation over the last dimension.
 *
 * @param weight {@code [width]}
 * @param bias {@code [width]}
 * @param eps added to the variance
 */
public record LayerNorm(Tensor weight, Tensor bias, double eps) implements Norm {

    /** {@code [..., width] -> [..., width]}. */
    @Override
    public Tensor forward(Tensor x) {
        return torch.layer_norm(
                x, new long[] {weight.size(0)}, Tensors.optional(weight), Tensors.optional(bias), eps, false);
    }
}

package dev.fovea.core.layer;

import dev.fovea.core.kernel.RowLinear;
import dev.fovea.core.kernel.SplitLinear;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.tensor.Work;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A linear map {@code y = x W^T + b}.
 *
 * @param weight {@code [out, in]}
 * @param bias {@code [out]}, or null
 */
public record Linear(Tensor weight, @Nullable Tensor bias) {

    /** {@code [..., in] -> [..., out]}. */
    public Tensor forward(Tensor x) {
        Work.linear(x, outputs());
        if (RowLinear.takes(x, weight)) {
            return RowLinear.forward(x, weight, bias);
        }
        if (SplitLinear.takes(x, weight)) {
            return SplitLinear.forward(x, weight, bias);
        }
        return bias == null ? torch.linear(x, weight) : torch.linear(x, weight, Tensors.optional(bias));
    }

    public long inputs() {
        return weight.size(1);
    }

    public long outputs() {
        return weight.size(0);
    }
}

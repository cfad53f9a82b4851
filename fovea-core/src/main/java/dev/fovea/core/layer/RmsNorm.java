package dev.fovea.core.layer;

import dev.fovea.core.kernel.RowNorm;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Root-mean-square normalisation over the last dimension, computed in f32 (Llama).
 *
 * @param weight {@code [width]}
 * @param eps added to the mean square
 */
public record RmsNorm(Tensor weight, double eps) implements Norm {

    /** {@code [..., width] -> [..., width]}, in the dtype of {@code x}. */
    @Override
    public Tensor forward(Tensor x) {
        if (RowNorm.takes(x, weight)) {
            return RowNorm.forward(x, weight, eps);
        }
        long[] shape = {weight.size(0)};
        DType dtype = DType.of(x.scalar_type());
        if (dtype == DType.F32) {
            return torch.rms_norm(x, shape, Tensors.optional(Tensors.to(weight, DType.F32)), new DoubleOptional(eps));
        }
        Tensor normed =
                torch.rms_norm(Tensors.to(x, DType.F32), shape, Tensors.optional(null), new DoubleOptional(eps));
        return Tensors.to(normed, dtype).mul(Tensors.to(weight, dtype));
    }
}

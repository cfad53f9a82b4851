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
        if (x.requires_grad()) {
            return forwardWithGradients(x);
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

    /**
     * As a layer norm of {@code [x, -x]}, whose mean is 0 and whose variance is the mean square: the same values through a
     * kernel whose backward pass is several times as fast as that of the composed operation.
     */
    private Tensor forwardWithGradients(Tensor x) {
        long width = weight.size(0);
        Tensor wide = Tensors.to(x, DType.F32);
        Tensor half = Tensors.to(weight, DType.F32);
        Tensor normed = torch.layer_norm(
                Tensors.cat(-1, wide, wide.neg()),
                new long[] {2 * width},
                Tensors.optional(Tensors.cat(0, half, half)),
                Tensors.optional(null),
                eps,
                false);
        return Tensors.to(normed.narrow(-1, 0, width), DType.of(x.scalar_type()));
    }
}

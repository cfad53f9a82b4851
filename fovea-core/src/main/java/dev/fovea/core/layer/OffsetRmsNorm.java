package dev.fovea.core.layer;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Root-mean-square normalisation whose weight is counted from one: {@code x / rms(x) * (1 + weight)}, all of it in f32
 * before it is rounded (Gemma, arXiv 2403.08295; Llama rounds before it weighs).
 *
 * @param weight {@code [width]}
 * @param eps added to the mean square
 */
public record OffsetRmsNorm(Tensor weight, double eps) implements Norm {

    /** {@code [..., width] -> [..., width]}, in the dtype of {@code x}. */
    @Override
    public Tensor forward(Tensor x) {
        Tensor factor = Tensors.add(Tensors.to(weight, DType.F32), 1);
        long[] shape = {weight.size(0)};
        Tensor normed =
                torch.rms_norm(Tensors.to(x, DType.F32), shape, Tensors.optional(factor), new DoubleOptional(eps));
        return Tensors.to(normed, DType.of(x.scalar_type()));
    }
}

package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Large products in pieces. libtorch hands f32 to OpenBLAS, whose own threads are switched off because they fight with
 * libtorch's; so the outputs are shared out here. It hands bf16 to oneDNN, which shares products out itself, at some shapes
 * on some processors a seventh to a third slower than it could: a {@linkplain CutProbe probe} finds how each is best
 * {@linkplain Cut cut}.
 */
public final class SplitLinear {
    /** Multiplications that one thread finishes in a millisecond or two: less is not worth sharing. */
    private static final double MIN_MULTIPLICATIONS = 100e6;

    /** With fewer rows the weights' way from memory takes longer than the product. */
    private static final long MIN_ROWS = 48;

    private SplitLinear() {}

    /** Whether {@link #forward} should compute {@code x W^T} rather than libtorch alone. */
    public static boolean takes(Tensor x, Tensor weight) {
        if ((double) x.numel() * weight.size(0) < MIN_MULTIPLICATIONS
                || !weight.is_cpu()
                || !x.is_cpu()
                || weight.dim() != 2
                || x.size(-1) != weight.size(1)
                || Gradients.recorded(x, weight)) {
            return false;
        }
        DType dtype = DType.of(weight.scalar_type());
        return DType.of(x.scalar_type()) == dtype && cut(x, weight, dtype) != Cut.WHOLE;
    }

    /**
     * {@code x W^T + b}.
     *
     * @param x {@code [..., in]}
     * @param weight {@code [out, in]}
     * @param bias {@code [out]}, or null
     * @return {@code [..., out]}
     */
    public static Tensor forward(Tensor x, Tensor weight, @Nullable Tensor bias) {
        Tensor rows = x.reshape(-1, weight.size(1));
        DType dtype = DType.of(weight.scalar_type());
        Tensor out = Tensors.empty(dtype, rows.size(0), weight.size(0));
        cut(x, weight, dtype).multiply(rows, weight, bias, out);
        long[] shape = Tensors.shape(x);
        shape[shape.length - 1] = weight.size(0);
        return out.view(shape);
    }

    private static Cut cut(Tensor x, Tensor weight, DType dtype) {
        return switch (dtype) {
            case F32 -> weight.size(0) >= 2 * Cut.GRAIN && torch.get_num_threads() > 1 ? Cut.OUTPUTS : Cut.WHOLE;
            case BF16 -> {
                long rows = x.numel() / x.size(-1);
                yield rows < MIN_ROWS ? Cut.WHOLE : CutProbe.of(rows, weight.size(1), weight.size(0));
            }
            default -> Cut.WHOLE;
        };
    }
}

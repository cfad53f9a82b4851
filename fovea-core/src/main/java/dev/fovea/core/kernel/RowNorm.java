package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.lang.ref.Reference;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Root-mean-square norm of bf16 rows, in f32, reading and writing each once. libtorch has no such kernel: it widens
 * the whole, squares it, averages, scales, narrows and weighs it, each a pass over memory.
 */
public final class RowNorm {
    private static final int BLOCK_ROWS = 16;

    private RowNorm() {}

    /**
     * Whether {@link #forward} should compute this norm rather than libtorch.
     *
     * @param x {@code [..., width]}
     * @param weight {@code [width]}
     */
    public static boolean takes(Tensor x, Tensor weight) {
        return weight.numel() >= Kernels.MIN_WIDTH
                && DType.of(x.scalar_type()) == DType.BF16
                && DType.of(weight.scalar_type()) == DType.BF16
                && x.is_cpu()
                && weight.is_cpu()
                && weight.is_contiguous()
                && !Gradients.recorded(x, weight)
                && Kernels.vectors()
                && x.size(-1) % BFloat16Norm.LANES == 0
                && Kernels.ready(BFloat16Norm.EXERCISE);
    }

    /** {@code x / sqrt(mean(x^2) + eps)}, rounded to bf16, times {@code weight}, rounded again. */
    public static Tensor forward(Tensor x, Tensor weight, double eps) {
        Tensor dense = x.contiguous();
        Tensor out = Tensors.empty(DType.BF16, Tensors.shape(x));
        int columns = Math.toIntExact(x.size(-1));
        int rows = Math.toIntExact(x.numel() / columns);
        long from = dense.data_ptr().address();
        long to = out.data_ptr().address();
        long by = weight.data_ptr().address();
        int blocks = (rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
        Workers.run(torch.get_num_threads(), blocks, b -> {
            int first = b * BLOCK_ROWS;
            BFloat16Norm.rows(from, to, by, columns, eps, first, Math.min(rows, first + BLOCK_ROWS));
        });
        Reference.reachabilityFence(dense);
        Reference.reachabilityFence(weight);
        return out;
    }
}

package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.lang.ref.Reference;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Rotary embedding of bf16 queries or keys, in f32, reading and writing each once. Out of libtorch's operations it
 * takes six passes over memory.
 */
public final class RowRotation {
    private static final int BLOCK_TOKENS = 16;

    private RowRotation() {}

    /**
     * Whether {@link #forward} should compute this rotation rather than libtorch.
     *
     * @param x {@code [heads, tokens, d]}
     * @param cos {@code [tokens, d]}, f32
     * @param sin as cos
     */
    public static boolean takes(Tensor x, Tensor cos, Tensor sin) {
        return x.dim() == 3
                && x.size(0) * x.size(2) >= Kernels.MIN_WIDTH
                && DType.of(x.scalar_type()) == DType.BF16
                && x.is_cpu()
                && x.stride(2) == 1
                && cos.is_cpu()
                && cos.is_contiguous()
                && sin.is_contiguous()
                && !Gradients.recorded(x)
                && Kernels.vectors()
                && x.size(2) % (2 * BFloat16Rotation.LANES) == 0
                && Kernels.ready(BFloat16Rotation.EXERCISE);
    }

    /**
     * The two halves of {@code d} are the real and the imaginary parts.
     *
     * @return {@code [heads, tokens, d]}, bf16
     */
    public static Tensor forward(Tensor x, Tensor cos, Tensor sin) {
        int heads = Math.toIntExact(x.size(0));
        int tokens = Math.toIntExact(x.size(1));
        int d = Math.toIntExact(x.size(2));
        Tensor out = Tensors.empty(DType.BF16, heads, tokens, d);
        long from = x.data_ptr().address();
        long headStride = 2 * x.stride(0);
        long tokenStride = 2 * x.stride(1);
        long to = out.data_ptr().address();
        long cosines = cos.data_ptr().address();
        long sines = sin.data_ptr().address();
        int blocks = (tokens + BLOCK_TOKENS - 1) / BLOCK_TOKENS;
        Workers.run(torch.get_num_threads(), blocks, b -> {
            int end = Math.min(tokens, (b + 1) * BLOCK_TOKENS);
            for (int t = b * BLOCK_TOKENS; t < end; t++) {
                long turn = 4L * t * d;
                for (int head = 0; head < heads; head++) {
                    long at = from + head * headStride + t * tokenStride;
                    BFloat16Rotation.rotate(
                            at, to + 2L * d * ((long) head * tokens + t), cosines + turn, sines + turn, d / 2);
                }
            }
        });
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(cos);
        Reference.reachabilityFence(sin);
        return out;
    }
}

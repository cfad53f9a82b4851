package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Large f32 products, shared by several threads. libtorch hands them to OpenBLAS, whose own threads are switched off
 * because they fight with libtorch's; so the rows of the weights are shared out here. bf16 products need no help.
 */
public final class SplitLinear {
    /** Multiplications that one thread finishes in a millisecond or two: less is not worth sharing. */
    private static final double MIN_MULTIPLICATIONS = 100e6;

    /** Columns of the result per piece are a multiple of this, which keeps OpenBLAS's blocks whole. */
    private static final int GRAIN = 64;

    private SplitLinear() {}

    /** Whether {@link #forward} should compute {@code x W^T} rather than libtorch alone. */
    public static boolean takes(Tensor x, Tensor weight) {
        return (double) x.numel() * weight.size(0) >= MIN_MULTIPLICATIONS
                && DType.of(weight.scalar_type()) == DType.F32
                && DType.of(x.scalar_type()) == DType.F32
                && weight.is_cpu()
                && x.is_cpu()
                && weight.dim() == 2
                && x.size(-1) == weight.size(1)
                && weight.size(0) >= 2 * GRAIN
                && torch.get_num_threads() > 1
                && !(GradMode.is_enabled() && (x.requires_grad() || weight.requires_grad()));
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
        long outputs = weight.size(0);
        int threads = torch.get_num_threads();
        // Two pieces for each thread, so that one that loses its core does not hold up the others.
        long piece = Math.max(GRAIN, (outputs / (2L * threads) + GRAIN - 1) / GRAIN * GRAIN);
        int pieces = (int) ((outputs + piece - 1) / piece);
        Tensor out = Tensors.empty(DType.F32, rows.size(0), outputs);
        Workers.run(threads, pieces, p -> {
            try (Scope scope = Scope.inference()) {
                long from = p * piece;
                long length = Math.min(piece, outputs - from);
                torch.mm_out(
                        out.narrow(1, from, length),
                        rows,
                        weight.narrow(0, from, length).t());
            }
        });
        if (bias != null) {
            out.add_(bias);
        }
        long[] shape = Tensors.shape(x);
        shape[shape.length - 1] = outputs;
        return out.view(shape);
    }
}

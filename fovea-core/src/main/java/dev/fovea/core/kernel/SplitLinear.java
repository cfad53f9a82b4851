package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Large products in pieces. libtorch hands f32 to OpenBLAS, whose own threads are switched off because they fight with
 * libtorch's; so the rows of the weights are shared out here. It hands bf16 to oneDNN, which shares them out itself but
 * is a seventh to a third slower when it gets more than 256 rows at once: it gets them one piece after another. And it
 * is a quarter slower than it should be for 48 to 128 rows of about eleven thousand columns, which is how the second half
 * of the 7B Llamas' MLP (11008 columns) meets a prompt with few visual tokens: there it gets the columns in two halves.
 * The sum of the first half is rounded to bf16 before the second is added, a rounding below that of the residual stream
 * which the result joins.
 */
public final class SplitLinear {
    /** Multiplications that one thread finishes in a millisecond or two: less is not worth sharing. */
    private static final double MIN_MULTIPLICATIONS = 100e6;

    /** Columns of the result per piece are a multiple of this, which keeps OpenBLAS's blocks whole. */
    private static final int GRAIN = 64;

    /** Rows of the input per piece of a bf16 product, at most. */
    private static final long PIECE_ROWS = 256;

    /** Rows of a bf16 product whose columns are worth halving. */
    private static final long MIN_HALVED_ROWS = 48;

    private static final long MAX_HALVED_ROWS = 128;

    /** Columns worth halving: with fewer or more, halves were measured to be no faster or slower. */
    private static final long MIN_HALVED_COLUMNS = 10_496;

    private static final long MAX_HALVED_COLUMNS = 11_264;

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
        if (DType.of(x.scalar_type()) != dtype) {
            return false;
        }
        return switch (dtype) {
            case F32 -> weight.size(0) >= 2 * GRAIN && torch.get_num_threads() > 1;
            case BF16 -> {
                long rows = x.numel() / x.size(-1);
                yield rows > PIECE_ROWS || halved(rows, x.size(-1));
            }
            default -> false;
        };
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
        if (dtype == DType.BF16) {
            byRows(rows, weight, bias, out);
        } else {
            byOutputs(rows, weight, out);
            if (bias != null) {
                out.add_(bias);
            }
        }
        long[] shape = Tensors.shape(x);
        shape[shape.length - 1] = weight.size(0);
        return out.view(shape);
    }

    private static void byOutputs(Tensor rows, Tensor weight, Tensor out) {
        long outputs = weight.size(0);
        int threads = torch.get_num_threads();
        // Two pieces for each thread, so that one that loses its core does not hold up the others.
        long piece = Math.max(GRAIN, (outputs / (2L * threads) + GRAIN - 1) / GRAIN * GRAIN);
        int pieces = (int) ((outputs + piece - 1) / piece);
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
    }

    /** Pieces of equal length. A bias is added before the sums are rounded. */
    private static void byRows(Tensor rows, Tensor weight, @Nullable Tensor bias, Tensor out) {
        long count = rows.size(0);
        long pieces = (count + PIECE_ROWS - 1) / PIECE_ROWS;
        Tensor columns = weight.t();
        for (long p = 0; p < pieces; p++) {
            long from = count * p / pieces;
            long length = count * (p + 1) / pieces - from;
            piece(rows.narrow(0, from, length), columns, bias, out.narrow(0, from, length));
        }
    }

    private static void piece(Tensor rows, Tensor columns, @Nullable Tensor bias, Tensor out) {
        long all = columns.size(0);
        long first = halved(rows.size(0), all) ? all / 2 : all;
        Tensor left = rows.narrow(1, 0, first);
        Tensor top = columns.narrow(0, 0, first);
        if (bias == null) {
            torch.mm_out(out, left, top);
        } else {
            torch.addmm_out(out, bias, left, top);
        }
        if (first < all) {
            torch.addmm_out(out, out, rows.narrow(1, first, all - first), columns.narrow(0, first, all - first));
        }
    }

    private static boolean halved(long rows, long columns) {
        return rows >= MIN_HALVED_ROWS
                && rows <= MAX_HALVED_ROWS
                && columns >= MIN_HALVED_COLUMNS
                && columns <= MAX_HALVED_COLUMNS;
    }
}

package dev.fovea.core.kernel;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * How a product {@code x W^T + b} is cut into products of libtorch. Which is quickest depends on the machine and on the
 * shape: {@link CutProbe} knows.
 */
enum Cut {
    /** Not at all: libtorch shares the product between its threads. */
    WHOLE {
        @Override
        void multiply(Tensor x, Tensor weight, @Nullable Tensor bias, Tensor out) {
            product(x, weight, bias, out);
        }
    },

    /** Some rows of {@code x} after the other, each part shared between libtorch's threads. */
    ROWS {
        @Override
        void multiply(Tensor x, Tensor weight, @Nullable Tensor bias, Tensor out) {
            long count = x.size(0);
            long pieces = Math.ceilDiv(count, PIECE_ROWS);
            for (long p = 0; p < pieces; p++) {
                long from = count * p / pieces;
                long length = count * (p + 1) / pieces - from;
                product(x.narrow(0, from, length), weight, bias, out.narrow(0, from, length));
            }
        }
    },

    /**
     * The two halves of the columns, one after the other. The sum of the first is rounded before the second is added, in
     * bf16 a rounding below that of the residual stream which the result joins.
     */
    COLUMNS {
        @Override
        void multiply(Tensor x, Tensor weight, @Nullable Tensor bias, Tensor out) {
            long all = x.size(1);
            long first = all / 2;
            product(x.narrow(1, 0, first), weight.narrow(1, 0, first), bias, out);
            Tensor rest = weight.narrow(1, first, all - first).t();
            torch.addmm_out(out, out, x.narrow(1, first, all - first), rest);
        }
    },

    /** Some outputs to each thread of ours, whose products libtorch does not share: for f32, which OpenBLAS does not. */
    OUTPUTS {
        @Override
        void multiply(Tensor x, Tensor weight, @Nullable Tensor bias, Tensor out) {
            int outputs = Math.toIntExact(weight.size(0));
            // Two parts for each thread, so that one that loses its core does not hold up the others.
            Parts.run(
                    outputs,
                    outputs / (2L * torch.get_num_threads()),
                    (from, count) -> product(
                            x,
                            weight.narrow(0, from, count),
                            bias == null ? null : bias.narrow(0, from, count),
                            out.narrow(1, from, count)));
        }
    };

    /** Rows of a piece, at most. */
    static final long PIECE_ROWS = 256;

    /** Outputs of a piece are a multiple of this, which keeps the blocks of OpenBLAS and oneDNN whole. */
    static final int GRAIN = 64;

    /**
     * {@code out = x W^T + b}; the bias is added before sums are rounded.
     *
     * @param x {@code [rows, in]}
     * @param weight {@code [out, in]}
     * @param bias {@code [out]}, or null
     * @param out {@code [rows, out]}
     */
    abstract void multiply(Tensor x, Tensor weight, @Nullable Tensor bias, Tensor out);

    private static void product(Tensor x, Tensor weight, @Nullable Tensor bias, Tensor out) {
        if (bias == null) {
            torch.mm_out(out, x, weight.t());
        } else {
            torch.addmm_out(out, bias, x, weight.t());
        }
    }
}

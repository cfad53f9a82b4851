package dev.fovea.core.engine;

import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Seen;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How the tokens of views beside each other become fewer behind the projector: bilinear interpolation over all of them.
 * What else is known of a view's tokens (features, signals of the encoder) becomes the mean of what its four neighbours
 * inside the view have, weighted alike.
 *
 * @param seen what of the view is seen
 * @param blend its part of the canvas
 * @param sources for each token its four neighbours in the view, row by row: {@code [tokens * 4]}
 * @param weights their weights
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Blending(Seen seen, Seen.Blend blend, int[] sources, float[] weights) {
    private static final int NEIGHBOURS = 4;

    static Blending of(Seen seen, Seen.Blend b) {
        Line down = Line.of(b.canvasRows(), b.totalRows(), b.row(), b.rows(), b.top(), seen.rows());
        Line across = Line.of(b.canvasCols(), b.totalCols(), b.col(), b.cols(), b.left(), seen.cols());
        int[] sources = new int[NEIGHBOURS * b.rows() * b.cols()];
        float[] weights = new float[sources.length];
        int at = 0;
        for (int r = 0; r < b.rows(); r++) {
            for (int c = 0; c < b.cols(); c++) {
                for (int k = 0; k < NEIGHBOURS; k++) {
                    sources[at] = down.source(r, k / 2) * seen.cols() + across.source(c, k % 2);
                    weights[at++] = down.weight(r, k / 2) * across.weight(c, k % 2);
                }
            }
        }
        return new Blending(seen, b, sources, weights);
    }

    /** One axis: each place lies between two of before, of which those outside of the view give way to its edge. */
    private record Line(int[] first, int[] second, float[] share) {
        static Line of(int before, int after, int from, int count, int viewFrom, int viewCount) {
            int[] first = new int[count];
            int[] second = new int[count];
            float[] share = new float[count];
            for (int i = 0; i < count; i++) {
                double at = Math.max(0, (from + i + 0.5) * before / after - 0.5);
                int floor = (int) at;
                first[i] = Math.clamp(floor - viewFrom, 0, viewCount - 1);
                second[i] = Math.clamp(Math.min(floor + 1, before - 1) - viewFrom, 0, viewCount - 1);
                share[i] = (float) (at - floor);
            }
            return new Line(first, second, share);
        }

        int source(int i, int which) {
            return which == 0 ? first[i] : second[i];
        }

        float weight(int i, int which) {
            return which == 0 ? 1 - share[i] : share[i];
        }
    }

    int tokens() {
        return sources.length / NEIGHBOURS;
    }

    /** Values of the patches as values of the tokens. */
    float[] vector(float[] perPatch) {
        float[] out = new float[tokens()];
        for (int i = 0; i < sources.length; i++) {
            out[i / NEIGHBOURS] += weights[i] * perPatch[sources[i]];
        }
        return out;
    }

    /**
     * Rows of the patches as rows of the tokens.
     *
     * @param lead rows before them, which stay
     */
    Matrix rows(Matrix m, int lead) {
        int cols = m.cols();
        float[] out = new float[(lead + tokens()) * cols];
        System.arraycopy(m.data(), 0, out, 0, lead * cols);
        for (int i = 0; i < sources.length; i++) {
            int to = (lead + i / NEIGHBOURS) * cols;
            int from = (lead + sources[i]) * cols;
            for (int c = 0; c < cols; c++) {
                out[to + c] += weights[i] * m.data()[from + c];
            }
        }
        return new Matrix(lead + tokens(), cols, out);
    }

    /** A map between patches as one between tokens. */
    Matrix map(Matrix m, int lead) {
        return transposed(rows(transposed(rows(m, lead)), lead));
    }

    private static Matrix transposed(Matrix m) {
        float[] out = new float[m.data().length];
        for (int r = 0; r < m.rows(); r++) {
            for (int c = 0; c < m.cols(); c++) {
                out[c * m.rows() + r] = m.get(r, c);
            }
        }
        return new Matrix(m.cols(), m.rows(), out);
    }

    /** {@code [lead + patches, width] -> [lead + tokens, width]}. */
    Tensor rows(Tensor x, int lead) {
        Tensor own = x.narrow(0, lead, x.size(0) - lead);
        Tensor parts = Tensors.to(own.index_select(0, Tensors.indices(sources)), DType.F32)
                .mul(Tensors.of(weights, weights.length, 1))
                .view(tokens(), NEIGHBOURS, x.size(1));
        Tensor sum = Tensors.to(AttentionScores.mean(parts, 1).mul(Tensors.full(NEIGHBOURS, DType.F32, 1)), typeOf(x));
        return lead == 0 ? sum : Tensors.cat(0, x.narrow(0, 0, lead), sum);
    }

    /**
     * A whole canvas at its other size.
     *
     * @param canvas {@code [rows * cols before, width]}
     * @return {@code [rows * cols afterwards, width]}
     */
    static Tensor canvas(Tensor canvas, Seen.Blend b) {
        long width = canvas.size(1);
        Tensor grid = Tensors.to(canvas, DType.F32)
                .view(1, b.canvasRows(), b.canvasCols(), width)
                .permute(0, 3, 1, 2);
        Tensor resized = torch.upsample_bilinear2d(
                grid, new long[] {b.totalRows(), b.totalCols()}, false, new DoubleOptional(), new DoubleOptional());
        return Tensors.to(resized.permute(0, 2, 3, 1).reshape(-1, width), typeOf(canvas));
    }

    private static DType typeOf(Tensor x) {
        return DType.of(x.scalar_type());
    }
}

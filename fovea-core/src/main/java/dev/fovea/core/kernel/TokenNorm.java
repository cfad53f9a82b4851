package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;

/**
 * Root-mean-square norm of single rows on the heap, in f32.
 *
 * @param weight of each channel; counted from one where {@code fromOne}
 * @param eps added to the mean square
 * @param fromOne whether all of it is f32 before it is rounded (Gemma); otherwise it is rounded before it is weighed too
 * @param dtype what results are rounded to
 */
@SuppressWarnings("ArrayRecordComponent") // made once for a model and handed on; never compared
public record TokenNorm(float[] weight, double eps, boolean fromOne, DType dtype) {
    private static final int SUMS = 4;

    /** Norms as many consecutive rows as there are from {@code from} on; {@code out} may be {@code x}. */
    public void rows(float[] x, int from, int rows, float[] out) {
        for (int r = 0; r < rows; r++) {
            row(x, from + r * weight.length, out);
        }
    }

    private void row(float[] x, int at, float[] out) {
        int width = weight.length;
        float scale = (float) (1 / Math.sqrt(squares(x, at) / width + eps));
        for (int i = 0; i < width; i++) {
            float normed = x[at + i] * scale;
            if (!fromOne && dtype == DType.BF16) {
                normed = FloatCopies.rounded(normed);
            }
            out[at + i] = normed * (fromOne ? 1 + weight[i] : weight[i]);
        }
        FloatCopies.round(out, at, at + width, dtype);
    }

    /** In f64; several sums at a time, so that one addition need not wait for another. */
    private double squares(float[] x, int at) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int end = at + weight.length;
        int i = at;
        for (; i <= end - SUMS; i += SUMS) {
            a += (double) x[i] * x[i];
            b += (double) x[i + 1] * x[i + 1];
            c += (double) x[i + 2] * x[i + 2];
            d += (double) x[i + 3] * x[i + 3];
        }
        for (; i < end; i++) {
            a += (double) x[i] * x[i];
        }
        return (a + c) + (b + d);
    }
}

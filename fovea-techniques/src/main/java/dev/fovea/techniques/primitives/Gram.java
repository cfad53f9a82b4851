package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Matrix;

/**
 * All dot products between the rows of a matrix, {@code [rows, rows]}.
 *
 * <p>Four rows at a time are multiplied with a transposed slab of 64 columns, which stays in the cache. The inner loop
 * adds a scaled array to four others at one common index: the form that the JIT turns into vector instructions.
 */
public final class Gram {
    private static final int SLAB = 64;

    private Gram() {}

    /** The symmetric product of {@code m} with its transpose. */
    public static Matrix of(Matrix m) {
        int n = m.rows();
        float[][] sums = new float[(n + 3) & ~3][n];
        float[][] slab = new float[SLAB][n];
        for (int from = 0; from < m.cols(); from += SLAB) {
            int depth = Math.min(SLAB, m.cols() - from);
            transpose(m, from, depth, slab);
            for (int i = 0; i < n; i += 4) {
                for (int d = 0; d < depth; d++) {
                    addScaled(sums, i, slab[d], n);
                }
            }
        }
        float[] square = new float[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                square[i * n + j] = sums[Math.min(i, j)][Math.max(i, j)];
            }
        }
        return new Matrix(n, n, square);
    }

    private static void transpose(Matrix m, int from, int depth, float[][] slab) {
        for (int r = 0; r < m.rows(); r++) {
            int row = r * m.cols() + from;
            for (int d = 0; d < depth; d++) {
                slab[d][r] = m.data()[row + d];
            }
        }
    }

    /** Adds to rows {@code i..i+3} what one column contributes, from the diagonal on. */
    private static void addScaled(float[][] sums, int i, float[] column, int n) {
        float f0 = column[i];
        float f1 = i + 1 < n ? column[i + 1] : 0;
        float f2 = i + 2 < n ? column[i + 2] : 0;
        float f3 = i + 3 < n ? column[i + 3] : 0;
        addFour(sums[i], sums[i + 1], sums[i + 2], sums[i + 3], f0, f1, f2, f3, column, i, n);
    }

    private static void addFour(
            float[] a,
            float[] b,
            float[] c,
            float[] d,
            float fa,
            float fb,
            float fc,
            float fd,
            float[] x,
            int from,
            int to) {
        for (int j = from; j < to; j++) {
            a[j] += fa * x[j];
            b[j] += fb * x[j];
            c[j] += fc * x[j];
            d[j] += fd * x[j];
        }
    }
}

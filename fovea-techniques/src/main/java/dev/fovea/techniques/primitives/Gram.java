package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Matrix;

/**
 * All dot products between the rows of a matrix, {@code [rows, rows]}.
 *
 * <p>Four rows at a time are multiplied with a transposed slab of 64 columns: the inner loop adds a scaled run of
 * floats to four running rows, a form the JIT turns into vector instructions, and the slab stays in the cache.
 */
public final class Gram {
    private static final int SLAB = 64;

    private Gram() {}

    /** The symmetric product of {@code m} with its transpose. */
    public static Matrix of(Matrix m) {
        int n = m.rows();
        int padded = (n + 3) & ~3;
        float[] out = new float[padded * n];
        float[] slab = new float[SLAB * n];
        float[] factors = new float[4];
        for (int from = 0; from < m.cols(); from += SLAB) {
            int depth = Math.min(SLAB, m.cols() - from);
            transpose(m, from, depth, slab);
            for (int i = 0; i < n; i += 4) {
                for (int d = 0; d < depth; d++) {
                    for (int r = 0; r < 4; r++) {
                        factors[r] = i + r < n ? slab[d * n + i + r] : 0;
                    }
                    addScaled(out, i * n, n, factors, slab, d * n, i);
                }
            }
        }
        float[] square = new float[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                square[i * n + j] = out[Math.min(i, j) * n + Math.max(i, j)];
            }
        }
        return new Matrix(n, n, square);
    }

    private static void transpose(Matrix m, int from, int depth, float[] slab) {
        int n = m.rows();
        for (int r = 0; r < n; r++) {
            int row = r * m.cols() + from;
            for (int d = 0; d < depth; d++) {
                slab[d * n + r] = m.data()[row + d];
            }
        }
    }

    /** Adds {@code factors[r] * slab row} to the four rows that start at {@code row}, from column {@code first} on. */
    private static void addScaled(float[] out, int row, int n, float[] factors, float[] slab, int from, int first) {
        float f0 = factors[0];
        float f1 = factors[1];
        float f2 = factors[2];
        float f3 = factors[3];
        int row1 = row + n;
        int row2 = row1 + n;
        int row3 = row2 + n;
        for (int j = first; j < n; j++) {
            float x = slab[from + j];
            out[row + j] += f0 * x;
            out[row1 + j] += f1 * x;
            out[row2 + j] += f2 * x;
            out[row3 + j] += f3 * x;
        }
    }
}

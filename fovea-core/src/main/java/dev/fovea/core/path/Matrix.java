package dev.fovea.core.path;

import java.util.Objects;

/**
 * A dense row-major f32 matrix on the heap: the form in which features, keys and values reach a step.
 *
 * <p>Steps are pure functions of small tensors, so their inputs are plain data and their tests need no native library.
 *
 * @param rows number of rows (usually tokens)
 * @param cols number of columns (usually channels)
 * @param data {@code rows * cols} values, row after row; must not be modified
 */
public record Matrix(int rows, int cols, float[] data) implements Rows {

    public Matrix {
        Objects.requireNonNull(data, "data");
        if (rows < 0 || cols < 0 || (long) rows * cols != data.length) {
            throw new IllegalArgumentException(
                    "A " + rows + " x " + cols + " matrix needs " + (long) rows * cols + " values, got " + data.length);
        }
    }

    /** A matrix from its rows, all of one length. */
    public static Matrix of(float[]... rows) {
        int cols = rows.length == 0 ? 0 : rows[0].length;
        float[] data = new float[rows.length * cols];
        for (int i = 0; i < rows.length; i++) {
            if (rows[i].length != cols) {
                throw new IllegalArgumentException(
                        "Row " + i + " has " + rows[i].length + " values, row 0 has " + cols);
            }
            System.arraycopy(rows[i], 0, data, i * cols, cols);
        }
        return new Matrix(rows.length, cols, data);
    }

    public float get(int row, int col) {
        return data[Objects.checkIndex(row, rows) * cols + Objects.checkIndex(col, cols)];
    }

    /** A copy of one row. */
    public float[] row(int row) {
        int from = Objects.checkIndex(row, rows) * cols;
        return java.util.Arrays.copyOfRange(data, from, from + cols);
    }

    /** A copy of one row, scaled to length 1; of zeros alone no number comes. */
    public float[] unitRow(int row) {
        float[] values = row(row);
        double square = 0;
        for (float v : values) {
            square += (double) v * v;
        }
        double length = Math.sqrt(square);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (values[i] / length);
        }
        return values;
    }

    /** The given rows, in the given order. */
    public Matrix select(int... indices) {
        float[] out = new float[indices.length * cols];
        for (int i = 0; i < indices.length; i++) {
            System.arraycopy(data, Objects.checkIndex(indices[i], rows) * cols, out, i * cols, cols);
        }
        return new Matrix(indices.length, cols, out);
    }
}

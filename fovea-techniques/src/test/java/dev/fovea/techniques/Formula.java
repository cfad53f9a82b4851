package dev.fovea.techniques;

import dev.fovea.core.path.Matrix;

/** Numbers from integer arithmetic, the same as {@code reference/token_choice_cases.py} makes of a seed. */
public final class Formula {
    private Formula() {}

    /** 24 random bits for every row and column, in {@code [-0.5, 0.5)}. */
    private static float uniform(int seed, int row, int col) {
        int h = seed * 0x9E3779B1 + row * 0x85EBCA77 + col * 0xC2B2AE3D;
        h = (h ^ h >>> 15) * 0x2C1B3C6D;
        h = (h ^ h >>> 12) * 0x297A2D39;
        h ^= h >>> 15;
        return (h >>> 8) / (float) (1 << 24) - 0.5f;
    }

    public static Matrix matrix(int seed, int rows, int cols) {
        float[] data = new float[rows * cols];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                data[r * cols + c] = uniform(seed, r, c);
            }
        }
        return new Matrix(rows, cols, data);
    }

    /** Tokens that resemble each other in groups. */
    public static Matrix tokens(int seed, int rows, int cols, int groups) {
        float[] data = matrix(seed, rows, cols).data();
        float[] shared = matrix(seed + 1, groups, cols).data();
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                data[r * cols + c] = shared[r * 7 % groups * cols + c] + 0.5f * data[r * cols + c];
            }
        }
        return new Matrix(rows, cols, data);
    }

    /**
     * Tokens of length 2048 made of whole numbers, of which every product and sum is exact in f32 in any order; those of
     * a group differ in some signs.
     */
    public static Matrix wholeNumbers(int seed, int rows, int cols, int groups) {
        int[] last = {209, 0, 138, 337};
        Matrix own = matrix(seed, rows, cols);
        Matrix shared = matrix(seed + 1, groups, cols);
        float[] data = new float[rows * cols];
        for (int r = 0; r < rows; r++) {
            int group = r * 7 % groups;
            for (int c = 0; c < cols; c++) {
                int magnitude = c < cols - 4 ? c * 37 % 110 : last[c - cols + 4];
                boolean negative = shared.get(group, c) < 0 != own.get(r, c) > 0.2f;
                data[r * cols + c] = negative ? -magnitude : magnitude;
            }
        }
        return new Matrix(rows, cols, data);
    }

    /** Values in {@code [0, 1)}. */
    public static Matrix positive(int seed, int rows, int cols) {
        float[] data = matrix(seed, rows, cols).data();
        for (int i = 0; i < data.length; i++) {
            data[i] += 0.5f;
        }
        return new Matrix(rows, cols, data);
    }

    /** Some rows of a matrix. */
    public static Matrix rows(Matrix m, int from, int to) {
        return new Matrix(to - from, m.cols(), java.util.Arrays.copyOfRange(m.data(), from * m.cols(), to * m.cols()));
    }
}

package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Matrix;

/** Two-dimensional average pooling of a row-major token grid, stride = kernel, no padding. */
public final class AveragePooling {
    private AveragePooling() {}

    /** The cells of every pooled block, blocks and cells in raster order; a border that fills no block is left out. */
    public static int[][] blocks(int rows, int cols, int kernel) {
        if (kernel < 1 || kernel > Math.min(rows, cols)) {
            throw new IllegalArgumentException("A pooling kernel on a grid of " + rows + " x " + cols
                    + " cells must be in 1.." + Math.min(rows, cols) + ", got " + kernel + ".");
        }
        int down = rows / kernel;
        int across = cols / kernel;
        int[][] blocks = new int[down * across][kernel * kernel];
        for (int b = 0; b < blocks.length; b++) {
            int row = b / across * kernel;
            int col = b % across * kernel;
            for (int i = 0; i < kernel * kernel; i++) {
                blocks[b][i] = (row + i / kernel) * cols + col + i % kernel;
            }
        }
        return blocks;
    }

    /** The pooled map: {@code [rows * cols, width]} becomes {@code [(rows / kernel) * (cols / kernel), width]}. */
    public static Matrix pool(Matrix map, int rows, int cols, int kernel) {
        int[][] blocks = blocks(rows, cols, kernel);
        float[] out = new float[blocks.length * map.cols()];
        for (int b = 0; b < blocks.length; b++) {
            for (int c = 0; c < map.cols(); c++) {
                double sum = 0;
                for (int cell : blocks[b]) {
                    sum += map.data()[cell * map.cols() + c];
                }
                out[b * map.cols() + c] = (float) (sum / blocks[b].length);
            }
        }
        return new Matrix(blocks.length, map.cols(), out);
    }

    /** The smallest kernel that divides both sides and leaves at most {@code tokens}; the largest divisor if none. */
    public static int fittingKernel(int rows, int cols, int tokens) {
        int kernel = 1;
        for (int k = 1; k <= Math.min(rows, cols); k++) {
            if (rows % k == 0 && cols % k == 0) {
                kernel = k;
                if (rows / k * (cols / k) <= tokens) {
                    break;
                }
            }
        }
        return kernel;
    }
}

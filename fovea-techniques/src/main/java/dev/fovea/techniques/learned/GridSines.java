package dev.fovea.techniques.learned;

import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Sines and cosines of the places of a grid, as masked autoencoders have them (arXiv 2111.06377): the first half of the
 * channels tells the column, the second the row, each half sines before cosines, at frequencies {@code 10000^(-4i / width)}.
 *
 * @param rows of the grid
 * @param cols columns
 * @param width channels, a multiple of 4
 */
record GridSines(int rows, int cols, int width) {
    private static final double BASE = 10_000;

    /** The places row by row: {@code [rows * cols, width]}. */
    Tensor table() {
        float[] values = new float[rows * cols * width];
        for (int row = 0; row < rows; row++) {
            for (int col = 0; col < cols; col++) {
                int at = (row * cols + col) * width;
                put(values, at, col);
                put(values, at + width / 2, row);
            }
        }
        return Tensors.of(values, (long) rows * cols, width);
    }

    /** Sines and cosines of one coordinate in half of the channels. */
    private void put(float[] values, int at, int place) {
        int frequencies = width / 4;
        for (int i = 0; i < frequencies; i++) {
            double angle = place * Math.pow(BASE, -(double) i / frequencies);
            values[at + i] = (float) Math.sin(angle);
            values[at + frequencies + i] = (float) Math.cos(angle);
        }
    }

    /** The table as a picture of so many channels, enlarged by bicubic interpolation: {@code [rows * cols, width]}. */
    Tensor resized(int toRows, int toCols) {
        if (toRows == rows && toCols == cols) {
            return table();
        }
        Tensor map = table().t().reshape(1, width, rows, cols);
        return torch.upsample_bicubic2d(
                        map, new long[] {toRows, toCols}, false, new DoubleOptional(), new DoubleOptional())
                .reshape(width, (long) toRows * toCols)
                .t();
    }
}

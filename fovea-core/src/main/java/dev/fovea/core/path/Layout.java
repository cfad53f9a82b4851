package dev.fovea.core.path;

/**
 * Where the tokens of one sample stand at a station.
 *
 * @param length number of tokens: at encoder stations patches (without CLS), at the connector visual tokens of the
 *     image, in the language model all tokens of the sequence
 * @param visual ascending positions of the visual tokens among them ({@code 0..length-1} before the language model)
 * @param cells for each visual token the raster index of its patch ({@code image * rows * cols + row * cols + col} in
 *     the language model, without the image part before it); a merged token has its anchor's cell, an appended token -1
 * @param rows rows of the patch grid of one image
 * @param cols columns of the patch grid of one image
 * @param images number of images in the sequence (1 before the language model)
 * @param total number of visual tokens that the sequence (or image) had before any technique acted
 */
public record Layout(int length, int[] visual, int[] cells, int rows, int cols, int images, int total) {

    /** Number of visual tokens present. */
    public int visualCount() {
        return visual.length;
    }

    /** A layout of one untouched image before the language model. */
    public static Layout ofGrid(int rows, int cols) {
        int n = rows * cols;
        int[] all = new int[n];
        java.util.Arrays.setAll(all, i -> i);
        return new Layout(n, all, all.clone(), rows, cols, 1, n);
    }
}

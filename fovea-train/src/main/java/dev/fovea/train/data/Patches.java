package dev.fovea.train.data;

import dev.fovea.core.tensor.Tensors;
import dev.fovea.world.Picture;
import org.bytedeco.pytorch.Tensor;

/** Pixels of a picture as normalised patches, in the order in which CLIP's patch convolution reads them. */
public final class Patches {
    /** Mean of the normalisation, equal for all channels. */
    public static final float MEAN = 0.5f;
    /** Standard deviation of the normalisation, equal for all channels. */
    public static final float STD = 0.25f;

    private Patches() {}

    /**
     * Copies one patch.
     *
     * @param picture source
     * @param patch side of a patch in pixels
     * @param row row of the patch
     * @param col column of the patch
     * @param out receives {@code 3 * patch * patch} values, channel by channel, row by row
     * @param at first index in {@code out}
     */
    public static void copy(Picture picture, int patch, int row, int col, float[] out, int at) {
        byte[] rgb = picture.rgb();
        int plane = patch * patch;
        for (int y = 0; y < patch; y++) {
            int from = ((row * patch + y) * picture.width() + col * patch) * 3;
            int to = at + y * patch;
            for (int x = 0; x < patch; x++) {
                out[to + x] = value(rgb[from + 3 * x]);
                out[to + x + plane] = value(rgb[from + 3 * x + 1]);
                out[to + x + 2 * plane] = value(rgb[from + 3 * x + 2]);
            }
        }
    }

    private static float value(byte b) {
        return ((b & 0xFF) / 255f - MEAN) / STD;
    }

    /** Normalised pixels as they were before, 0 to 255. */
    public static Tensor raw(Tensor normalised) {
        return Tensors.add(Tensors.scale(normalised, 255 * STD), 255 * MEAN);
    }

    /** All patches of a picture, row by row: {@code [patches, 3 * patch * patch]}. */
    public static float[] all(Picture picture, int patch) {
        int grid = picture.width() / patch;
        int size = 3 * patch * patch;
        float[] out = new float[grid * grid * size];
        for (int i = 0; i < grid * grid; i++) {
            copy(picture, patch, i / grid, i % grid, out, i * size);
        }
        return out;
    }
}

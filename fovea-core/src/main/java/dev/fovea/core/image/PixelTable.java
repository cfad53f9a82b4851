package dev.fovea.core.image;

import java.util.Arrays;

/**
 * What each byte becomes, by channel: rescaling and normalising at once, in the reference's precision (the product in
 * f64, the rest in f32).
 */
final class PixelTable {
    private final Normalization normalization;
    private final float[][] values = new float[3][256];

    PixelTable(Normalization normalization) {
        this.normalization = normalization;
        for (int c = 0; c < 3; c++) {
            float mean = normalization.mean().get(c).floatValue();
            float std = normalization.std().get(c).floatValue();
            for (int i = 0; i < 256; i++) {
                values[c][i] = ((float) (i * normalization.factor()) - mean) / std;
            }
        }
    }

    Normalization normalization() {
        return normalization;
    }

    /** The part of {@code image} that {@code geometry} names, {@code [3, height, width]}. */
    float[] crop(RgbImage image, Geometry geometry) {
        float[] out = new float[Math.multiplyExact(3, Math.multiplyExact(geometry.width(), geometry.height()))];
        crop(image, geometry, out, 0, 1);
        return out;
    }

    /**
     * Writes one of several frames; where the crop reaches beyond the picture lie zeros, normalised like the rest.
     *
     * @param out {@code [3, frames, height, width]}
     */
    void crop(RgbImage image, Geometry geometry, float[] out, int frame, int frames) {
        int width = geometry.width();
        int height = geometry.height();
        int plane = width * height;
        byte[] rgb = image.rgb();
        int firstX = Math.max(0, -geometry.offsetX());
        int lastX = Math.min(width, image.width() - geometry.offsetX());
        int firstY = Math.max(0, -geometry.offsetY());
        int lastY = Math.min(height, image.height() - geometry.offsetY());
        for (int c = 0; c < 3; c++) {
            float[] table = values[c];
            int start = (c * frames + frame) * plane;
            Arrays.fill(out, start, start + plane, table[0]);
            for (int y = firstY; y < lastY; y++) {
                int from = 3 * ((y + geometry.offsetY()) * image.width() + firstX + geometry.offsetX()) + c;
                int to = start + y * width;
                for (int x = firstX; x < lastX; x++, from += 3) {
                    out[to + x] = table[rgb[from] & 0xff];
                }
            }
        }
    }
}

package dev.fovea.core.image;

import dev.fovea.core.path.Part;

/** One view of a picture as a vision encoder takes it. The array is shared, not copied. */
public final class PreparedImage {
    private static final int CHANNELS = 3;

    private final float[] pixels;
    private final Geometry geometry;
    private final Normalization normalization;
    private final Part part;

    /**
     * A view.
     *
     * @param pixels {@code [3 * frames, height, width]}, rescaled and normalised: the frames of red, those of green,
     *     those of blue; one frame for a still picture
     * @param geometry size, and the way back to the original picture
     * @param normalization the way back to bytes
     * @param part what of the picture it shows
     */
    public PreparedImage(float[] pixels, Geometry geometry, Normalization normalization, Part part) {
        long plane = (long) geometry.width() * geometry.height();
        if (plane == 0 || pixels.length % (CHANNELS * plane) != 0) {
            throw new IllegalArgumentException(pixels.length + " values do not fill a view of 3 channels, "
                    + geometry.height() + " rows and " + geometry.width() + " columns");
        }
        this.pixels = pixels;
        this.geometry = geometry;
        this.normalization = normalization;
        this.part = part;
    }

    /** Rescaled and normalised values, {@code [3 * frames, height, width]}. */
    public float[] pixels() {
        return pixels;
    }

    /** The same before rescaling and normalising, 0-255. */
    public float[] bytes() {
        return normalization.bytes(pixels);
    }

    /** Planes of pixels: three for each frame. */
    public int planes() {
        return pixels.length / (geometry.width() * geometry.height());
    }

    public int width() {
        return geometry.width();
    }

    public int height() {
        return geometry.height();
    }

    /** What of the picture it shows. */
    public Part part() {
        return part;
    }

    /** The way back to the original picture. */
    public Geometry geometry() {
        return geometry;
    }
}

package dev.fovea.core.image;

import dev.fovea.core.path.Part;
import dev.fovea.core.path.Seen;
import org.jspecify.annotations.Nullable;

/** One view of a picture as a vision encoder takes it. The array is shared, not copied. */
public final class PreparedImage {
    private static final int CHANNELS = 3;

    private final float[] pixels;
    private final int width;
    private final int height;
    private final Geometry geometry;
    private final Normalization normalization;
    private final Part part;
    private final @Nullable Seen seen;

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
        this(pixels, geometry.width(), geometry.height(), geometry, normalization, part, null);
    }

    /**
     * A view of which not all becomes visual tokens.
     *
     * @param width pixels in a row
     * @param height rows
     * @param geometry size of what its visual tokens show, and their way back to the original picture
     * @param seen which visual tokens it becomes, or null where they are all that it is made of
     */
    PreparedImage(
            float[] pixels,
            int width,
            int height,
            Geometry geometry,
            Normalization normalization,
            Part part,
            @Nullable Seen seen) {
        long plane = (long) width * height;
        if (plane == 0 || pixels.length % (CHANNELS * plane) != 0) {
            throw new IllegalArgumentException(pixels.length + " values do not fill a view of 3 channels, " + height
                    + " rows and " + width + " columns");
        }
        this.pixels = pixels;
        this.width = width;
        this.height = height;
        this.geometry = geometry;
        this.normalization = normalization;
        this.part = part;
        this.seen = seen;
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
        return pixels.length / (width * height);
    }

    public int width() {
        return width;
    }

    public int height() {
        return height;
    }

    /** What of the picture it shows. */
    public Part part() {
        return part;
    }

    /** Which visual tokens it becomes, or null where they are all that it is made of. */
    public @Nullable Seen seen() {
        return seen;
    }

    /** Its size for the language model: what its visual tokens show. */
    public ViewSize size() {
        return new ViewSize(geometry.height(), geometry.width(), part, height, width);
    }

    /** The way from its visual tokens back to the original picture. */
    public Geometry geometry() {
        return geometry;
    }
}

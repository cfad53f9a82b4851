package dev.fovea.core.image;

/** A picture as a vision encoder takes it. The array is shared, not copied. */
public final class PreparedImage {
    private final float[] pixels;
    private final Geometry geometry;

    PreparedImage(float[] pixels, Geometry geometry) {
        this.pixels = pixels;
        this.geometry = geometry;
    }

    /** Rescaled and normalised values, {@code [3, height, width]}. */
    public float[] pixels() {
        return pixels;
    }

    public int width() {
        return geometry.width();
    }

    public int height() {
        return geometry.height();
    }

    /** The way back to the original picture. */
    public Geometry geometry() {
        return geometry;
    }
}

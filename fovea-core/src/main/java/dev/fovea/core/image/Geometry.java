package dev.fovea.core.image;

/**
 * The way from a prepared picture back to the original: along each axis
 * {@code original = (prepared + offset) * scale - pad}. The offset is what the crop took from the left or top (negative
 * where it added zeros), the scale is that of the resize, the pad is what padding to a square added before it.
 *
 * @param originalWidth pixels in a row of the original, upright
 * @param originalHeight rows of the original
 * @param width pixels in a row of the prepared picture
 * @param height rows of the prepared picture
 * @param scaleX original pixels per resized pixel across
 * @param scaleY original pixels per resized pixel down
 * @param offsetX resized pixels cropped on the left
 * @param offsetY resized pixels cropped at the top
 * @param padX original pixels added on the left
 * @param padY original pixels added at the top
 */
public record Geometry(
        int originalWidth,
        int originalHeight,
        int width,
        int height,
        double scaleX,
        double scaleY,
        int offsetX,
        int offsetY,
        int padX,
        int padY) {
    /** A picture that was resized, neither padded nor cropped. */
    static Geometry resized(RgbImage original, int width, int height) {
        return cut(original, width, height, 0, 0, width, height);
    }

    /** A part of a picture that was resized to {@code width} by {@code height}: what lies at an offset of it. */
    static Geometry cut(
            RgbImage original, int width, int height, int offsetX, int offsetY, int partWidth, int partHeight) {
        return new Geometry(
                original.width(),
                original.height(),
                partWidth,
                partHeight,
                (double) original.width() / width,
                (double) original.height() / height,
                offsetX,
                offsetY,
                0,
                0);
    }

    /**
     * The same part of the original at another size. What was cropped or padded on the left and at the top must be a whole
     * number of pixels there too.
     */
    Geometry at(int newWidth, int newHeight) {
        double x = (double) newWidth / width;
        double y = (double) newHeight / height;
        return new Geometry(
                originalWidth,
                originalHeight,
                newWidth,
                newHeight,
                scaleX / x,
                scaleY / y,
                Math.toIntExact(Math.round(offsetX * x)),
                Math.toIntExact(Math.round(offsetY * y)),
                padX,
                padY);
    }

    /** Where a horizontal position of the prepared picture lies in the original; may be outside of it. */
    public double originalX(double x) {
        return (x + offsetX) * scaleX - padX;
    }

    /** Where a vertical position of the prepared picture lies in the original; may be outside of it. */
    public double originalY(double y) {
        return (y + offsetY) * scaleY - padY;
    }

    /** The part of the original that a rectangle of the prepared picture shows; empty where it shows padding only. */
    public Region toOriginal(Region prepared) {
        return new Region(
                        originalX(prepared.left()),
                        originalY(prepared.top()),
                        originalX(prepared.right()),
                        originalY(prepared.bottom()))
                .within(originalWidth, originalHeight);
    }

    /** The part of the original that a patch shows; rows and columns count from 0 at the top left. */
    public Region patch(int row, int column, int patchSize) {
        return toOriginal(new Region(
                column * (double) patchSize,
                row * (double) patchSize,
                (column + 1) * (double) patchSize,
                (row + 1) * (double) patchSize));
    }
}

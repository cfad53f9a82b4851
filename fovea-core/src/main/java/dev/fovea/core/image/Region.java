package dev.fovea.core.image;

/**
 * A rectangle in pixel coordinates, where pixel {@code i} spans {@code i} to {@code i + 1}.
 *
 * @param left the left edge
 * @param top the upper edge
 * @param right the right edge, not left of {@code left}
 * @param bottom the lower edge, not above {@code top}
 */
public record Region(double left, double top, double right, double bottom) {
    public double width() {
        return right - left;
    }

    public double height() {
        return bottom - top;
    }

    /** Whether nothing lies inside. */
    public boolean isEmpty() {
        return width() <= 0 || height() <= 0;
    }

    /** The part inside a picture of this size. */
    public Region within(int pictureWidth, int pictureHeight) {
        double l = Math.clamp(left, 0, pictureWidth);
        double t = Math.clamp(top, 0, pictureHeight);
        return new Region(
                l,
                t,
                Math.max(l, Math.clamp(right, 0, pictureWidth)),
                Math.max(t, Math.clamp(bottom, 0, pictureHeight)));
    }
}

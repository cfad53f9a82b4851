package dev.fovea.world;

/**
 * A rectangle of pixels.
 *
 * @param left first column
 * @param top first row
 * @param right column after the last
 * @param bottom row after the last
 */
public record Box(int left, int top, int right, int bottom) {
    /** Columns. */
    public int width() {
        return right - left;
    }

    /** Rows. */
    public int height() {
        return bottom - top;
    }

    /** The middle, x, in pixels. */
    public double centreX() {
        return (left + right) / 2.0;
    }

    /** The middle, y, in pixels. */
    public double centreY() {
        return (top + bottom) / 2.0;
    }

    /** "x1 y1 x2 y2" in whole percent of a canvas, each 0 to 99: how box answers are written. */
    public String percent(int canvasWidth, int canvasHeight) {
        return share(left, canvasWidth) + " " + share(top, canvasHeight) + " " + share(right, canvasWidth) + " "
                + share(bottom, canvasHeight);
    }

    private static int share(int pixel, int extent) {
        return Math.min((200 * pixel + extent) / (2 * extent), 99);
    }

    /** The smallest box around the pixels of {@code owner} inside {@code within} that equal {@code index}. */
    static Box around(byte[] owner, int width, byte index, Box within) {
        int left = Integer.MAX_VALUE;
        int top = Integer.MAX_VALUE;
        int right = 0;
        int bottom = 0;
        for (int y = within.top; y < within.bottom; y++) {
            for (int x = within.left; x < within.right; x++) {
                if (owner[y * width + x] == index) {
                    left = Math.min(left, x);
                    right = Math.max(right, x + 1);
                    top = Math.min(top, y);
                    bottom = y + 1;
                }
            }
        }
        return right == 0 ? new Box(0, 0, 0, 0) : new Box(left, top, right, bottom);
    }
}

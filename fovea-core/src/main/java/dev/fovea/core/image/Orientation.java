package dev.fovea.core.image;

/**
 * EXIF orientation (tag 0x0112): how the stored rows and columns lie in the picture as taken. Values 1 to 8 are the
 * four rotations, plain and mirrored.
 */
final class Orientation {
    private Orientation() {}

    /** The picture turned upright. */
    static RgbImage apply(RgbImage image, int orientation) {
        if (orientation == 1) {
            return image;
        }
        int w = image.width();
        int h = image.height();
        boolean swapped = orientation >= 5;
        int outWidth = swapped ? h : w;
        int outHeight = swapped ? w : h;
        byte[] in = image.rgb();
        byte[] out = new byte[in.length];
        for (int y = 0, to = 0; y < outHeight; y++) {
            for (int x = 0; x < outWidth; x++, to += 3) {
                int from = 3 * source(orientation, x, y, w, h);
                out[to] = in[from];
                out[to + 1] = in[from + 1];
                out[to + 2] = in[from + 2];
            }
        }
        return new RgbImage(outWidth, outHeight, out);
    }

    /** The stored pixel (row times width plus column) that is seen at {@code (x, y)}; {@code w, h} are as stored. */
    private static int source(int orientation, int x, int y, int w, int h) {
        return switch (orientation) {
            case 2 -> y * w + (w - 1 - x); // mirrored left to right
            case 3 -> (h - 1 - y) * w + (w - 1 - x); // upside down
            case 4 -> (h - 1 - y) * w + x; // mirrored top to bottom
            case 5 -> x * w + y; // mirrored along the main diagonal
            case 6 -> (h - 1 - x) * w + y; // to be turned clockwise
            case 7 -> (h - 1 - x) * w + (w - 1 - y); // mirrored along the other diagonal
            case 8 -> x * w + (w - 1 - y); // to be turned anticlockwise
            default -> y * w + x;
        };
    }
}

package dev.fovea.core.image;

import org.jspecify.annotations.Nullable;

/**
 * What the headers of a BMP say.
 *
 * @param width pixels in a row
 * @param height rows
 * @param bits of a pixel
 * @param compression 0 none, 1 and 2 runs, 3 and 6 none but with masks
 */
record BmpHeader(long width, long height, int bits, long compression) {
    private static final int OS2_HEADER = 12;
    private static final int RUNS_8 = 1;
    private static final int RUNS_4 = 2;

    /** Runs may pass over rows without storing them, so this is only what no honest writer comes near. */
    private static final long MOST_PIXELS_PER_BYTE_OF_RUNS = 4096;

    static @Nullable BmpHeader read(byte[] b) {
        if (b.length < 26) {
            return null;
        }
        if (Bytes.little(b, 14) == OS2_HEADER) {
            return new BmpHeader(little16(b, 18), little16(b, 20), little16(b, 24), 0);
        }
        if (b.length < 34) {
            return null;
        }
        // Rows counted below zero are stored from the top.
        long height = Math.abs((long) (int) Bytes.little(b, 22));
        return new BmpHeader(Bytes.little(b, 18), height, little16(b, 28), Bytes.little(b, 30));
    }

    private static int little16(byte[] b, int at) {
        return (b[at] & 0xff) | (b[at + 1] & 0xff) << 8;
    }

    /** Whether so few bytes can be all the pixels; asked before a decoder makes room for them. */
    boolean canBeWhole(int bytes) {
        if (compression == RUNS_8 || compression == RUNS_4) {
            return width * height <= MOST_PIXELS_PER_BYTE_OF_RUNS * bytes;
        }
        return Math.ceilDiv(width * bits, 8) * height <= bytes;
    }
}

package dev.fovea.world;

/** Arithmetic on colours packed as 0xRRGGBB. */
final class Tones {
    private Tones() {}

    /** {@code share} of {@code to} over the rest of {@code from}, channel by channel. */
    static int blend(int from, int to, double share) {
        int red = channel(from >> 16 & 255, to >> 16 & 255, share);
        int green = channel(from >> 8 & 255, to >> 8 & 255, share);
        int blue = channel(from & 255, to & 255, share);
        return red << 16 | green << 8 | blue;
    }

    private static int channel(int from, int to, double share) {
        return (int) (from + (to - from) * share + 0.5);
    }

    /** Each channel moved by up to {@code reach} either way, kept within 0 to 255. */
    static int jitter(int rgb, int reach, Dice dice) {
        int result = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int value = (rgb >> shift & 255) + dice.below(2 * reach + 1) - reach;
            result |= Math.clamp(value, 0, 255) << shift;
        }
        return result;
    }

    /** Perceived lightness from 0 to 255 (the weights of ITU-R BT.601, in thousandths). */
    static int luma(int rgb) {
        return (299 * (rgb >> 16 & 255) + 587 * (rgb >> 8 & 255) + 114 * (rgb & 255)) / 1000;
    }
}

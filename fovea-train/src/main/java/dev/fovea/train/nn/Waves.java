package dev.fovea.train.nn;

/** Sines and cosines of a grid's columns and rows. */
final class Waves {
    private static final double LONGEST = 10_000;

    private Waves() {}

    /**
     * Fills {@code [1 + side * side, width]}: zeros, then for each cell the waves of its column and those of its row.
     *
     * @param out receives the values; its length decides the width, a multiple of 4
     * @param side cells along one side
     * @param amplitude of the waves
     */
    static void fill(float[] out, int side, double amplitude) {
        int width = out.length / (1 + side * side);
        for (int cell = 0; cell < side * side; cell++) {
            int at = (1 + cell) * width;
            wave(out, at, width / 2, cell % side, amplitude);
            wave(out, at + width / 2, width / 2, cell / side, amplitude);
        }
    }

    private static void wave(float[] out, int at, int channels, int place, double amplitude) {
        int pairs = channels / 2;
        for (int i = 0; i < pairs; i++) {
            double angle = place * Math.pow(LONGEST, -(double) i / pairs);
            out[at + i] = (float) (amplitude * Math.sin(angle));
            out[at + pairs + i] = (float) (amplitude * Math.cos(angle));
        }
    }
}

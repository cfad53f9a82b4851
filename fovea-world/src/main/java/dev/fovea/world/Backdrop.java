package dev.fovea.world;

import java.util.Arrays;

/** Paints backgrounds. */
final class Backdrop {
    private static final int NOISE_CELLS = 14;

    private Backdrop() {}

    static void paint(Background background, int size, byte[] rgb) {
        int[] ramp = new int[256];
        for (int i = 0; i < 256; i++) {
            ramp[i] = Tones.blend(background.rgb(), background.second(), i / 255.0);
        }
        int[] row = new int[size];
        double[] lattice = background.kind() == Background.Kind.NOISE ? lattice(background.seed()) : new double[0];
        for (int y = 0; y < size; y++) {
            double v = (y + 0.5) / size;
            switch (background.kind()) {
                case PLAIN -> Arrays.fill(row, 0);
                case GRADIENT -> gradient(background, v, row);
                case NOISE -> noise(lattice, v, row);
                case CHECKER -> checker(background, v, row);
                case LINES -> lines(background, v, row);
            }
            int at = 3 * y * size;
            for (int x = 0; x < size; x++) {
                int tone = ramp[row[x]];
                rgb[at++] = (byte) (tone >> 16);
                rgb[at++] = (byte) (tone >> 8);
                rgb[at++] = (byte) tone;
            }
        }
    }

    private static int level(double share) {
        return (int) (Math.clamp(share, 0.0, 1.0) * 255 + 0.5);
    }

    private static void gradient(Background background, double v, int[] row) {
        double cos = StrictMath.cos(background.angle());
        double sin = StrictMath.sin(background.angle());
        for (int x = 0; x < row.length; x++) {
            double u = (x + 0.5) / row.length;
            row[x] = level(0.5 + ((u - 0.5) * cos + (v - 0.5) * sin) / 1.42);
        }
    }

    private static double[] lattice(long seed) {
        Dice dice = new Dice(seed, 0);
        double[] values = new double[(NOISE_CELLS + 1) * (NOISE_CELLS + 1)];
        for (int i = 0; i < values.length; i++) {
            values[i] = dice.unit();
        }
        return values;
    }

    /** Random values on a coarse lattice with smooth passages between them. */
    private static void noise(double[] lattice, double v, int[] row) {
        double down = v * NOISE_CELLS;
        int j = (int) down;
        double fy = smooth(down - j);
        int above = j * (NOISE_CELLS + 1);
        int below = above + NOISE_CELLS + 1;
        for (int x = 0; x < row.length; x++) {
            double along = (x + 0.5) / row.length * NOISE_CELLS;
            int i = (int) along;
            double fx = smooth(along - i);
            double upper = lattice[above + i] + (lattice[above + i + 1] - lattice[above + i]) * fx;
            double lower = lattice[below + i] + (lattice[below + i + 1] - lattice[below + i]) * fx;
            row[x] = level(upper + (lower - upper) * fy);
        }
    }

    private static double smooth(double t) {
        return t * t * (3 - 2 * t);
    }

    /** The signed distance from the nearest change of a wave of the given period, positive in its first half. */
    private static double wave(double position, double period) {
        double phase = position / period;
        phase -= Math.floor(phase);
        return (0.25 - Math.abs(phase - 0.5)) * period;
    }

    private static void checker(Background background, double v, int[] row) {
        double period = 2 * background.period();
        double vertical = Math.clamp(wave(v, period) * row.length, -0.5, 0.5);
        for (int x = 0; x < row.length; x++) {
            double u = (x + 0.5) / row.length;
            double horizontal = Math.clamp(wave(u, period) * row.length, -0.5, 0.5);
            row[x] = level(0.5 + 2 * vertical * horizontal);
        }
    }

    private static void lines(Background background, double v, int[] row) {
        double cos = StrictMath.cos(background.angle());
        double sin = StrictMath.sin(background.angle());
        double half = 0.006;
        for (int x = 0; x < row.length; x++) {
            double position = ((x + 0.5) / row.length * cos + v * sin) / background.period();
            double away = Math.abs(position - Math.floor(position) - 0.5) * background.period();
            row[x] = level(0.5 + (half - away) * row.length);
        }
    }
}

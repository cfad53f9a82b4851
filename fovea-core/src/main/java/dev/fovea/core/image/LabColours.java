package dev.fovea.core.image;

/**
 * CIE L*a*b* to sRGB as PIL has it. PIL asks LittleCMS for a transform between the two, and LittleCMS answers with a
 * table of 33 × 33 × 33 colours between which it interpolates, tetrahedron by tetrahedron. The same is done here, because
 * the exact colours differ from it by up to 18 levels where a colour lies near the edge of what sRGB can show.
 */
final class LabColours {
    private static final int NODES = 33;
    private static final int[] STEPS = {3 * NODES * NODES, 3 * NODES, 3};
    private static final int FULL = 0xffff;
    private static final double[] D50 = {0.9642, 1.0, 0.8249};
    private static final double[][] BRADFORD = {
        {0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}
    };

    private LabColours() {}

    private static final class Table {
        static final short[] COLOURS = make();

        private static short[] make() {
            double[][] toLinear = inverse(colorants());
            short[] rgb = new short[3 * NODES * NODES * NODES];
            double[] lab = new double[3];
            for (int i = 0; i < rgb.length; i += 3) {
                for (int axis = 0; axis < 3; axis++) {
                    int node = i / STEPS[axis] % NODES;
                    lab[axis] = Math.round(node * (double) FULL / (NODES - 1)) / (double) FULL;
                }
                double[] linear = times(toLinear, xyz(lab[0] * 100, lab[1] * 255 - 128, lab[2] * 255 - 128));
                for (int c = 0; c < 3; c++) {
                    rgb[i + c] = (short) Math.floor(Math.clamp(encoded(linear[c]), 0, 1) * FULL + 0.5);
                }
            }
            return rgb;
        }

        /** CIE 15: L*a*b* to XYZ under D50, the white of ICC profiles. */
        private static double[] xyz(double lightness, double a, double b) {
            double y = (lightness + 16) / 116;
            return new double[] {D50[0] * cube(y + a / 500), D50[1] * cube(y), D50[2] * cube(y - b / 200)};
        }

        private static double cube(double t) {
            return t <= 24.0 / 116 ? 108.0 / 841 * (t - 16.0 / 116) : t * t * t;
        }

        /** IEC 61966-2-1: the transfer function of sRGB. */
        private static double encoded(double linear) {
            double knee = Math.pow((0.04045 + 0.055) / 1.055, 2.4);
            return linear >= knee ? 1.055 * Math.pow(linear, 1 / 2.4) - 0.055 : linear * 12.92;
        }

        /** sRGB's primaries as the columns of a matrix to XYZ, adapted from D65 to D50 by Bradford's cone responses. */
        private static double[][] colorants() {
            double[][] primaries = columns(whole(0.64, 0.33), whole(0.30, 0.60), whole(0.15, 0.06));
            double[] white = whole(0.3127, 0.3290);
            double[] share = times(inverse(primaries), white);
            for (double[] row : primaries) {
                for (int c = 0; c < 3; c++) {
                    row[c] *= share[c];
                }
            }
            double[] from = times(BRADFORD, white);
            double[] to = times(BRADFORD, D50);
            double[][] cones = {
                {to[0] / from[0], 0, 0},
                {0, to[1] / from[1], 0},
                {0, 0, to[2] / from[2]}
            };
            return times(times(times(inverse(BRADFORD), cones), BRADFORD), primaries);
        }

        /** XYZ of a chromaticity, with Y = 1. */
        private static double[] whole(double x, double y) {
            return new double[] {x / y, 1, (1 - x - y) / y};
        }

        private static double[][] columns(double[] a, double[] b, double[] c) {
            return new double[][] {{a[0], b[0], c[0]}, {a[1], b[1], c[1]}, {a[2], b[2], c[2]}};
        }

        private static double[] times(double[][] m, double[] v) {
            double[] out = new double[3];
            for (int i = 0; i < 3; i++) {
                out[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
            }
            return out;
        }

        private static double[][] times(double[][] a, double[][] b) {
            double[][] out = new double[3][3];
            for (int i = 0; i < 3; i++) {
                for (int j = 0; j < 3; j++) {
                    out[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
                }
            }
            return out;
        }

        private static double[][] inverse(double[][] m) {
            double[][] out = new double[3][3];
            double determinant = 0;
            for (int i = 0; i < 3; i++) {
                int j = (i + 1) % 3;
                int k = (i + 2) % 3;
                determinant += m[0][i] * (m[1][j] * m[2][k] - m[1][k] * m[2][j]);
                for (int c = 0; c < 3; c++) {
                    int d = (c + 1) % 3;
                    int e = (c + 2) % 3;
                    out[i][c] = m[d][j] * m[e][k] - m[d][k] * m[e][j];
                }
            }
            for (double[] row : out) {
                for (int c = 0; c < 3; c++) {
                    row[c] /= determinant;
                }
            }
            return out;
        }
    }

    /** One colour; a* and b* lie around 128. Writes three bytes at {@code rgb[at]}. */
    static void toRgb(int lightness, int a, int b, byte[] rgb, int at) {
        int base = 0;
        int[] stored = {lightness, a, b};
        int[] rest = new int[3];
        int[] step = new int[3];
        for (int i = 0; i < 3; i++) {
            int scaled = stored[i] * 257 * (NODES - 1);
            int fixed = scaled + (scaled + 0x7fff) / FULL;
            base += (fixed >> 16) * STEPS[i];
            rest[i] = fixed & FULL;
            step[i] = stored[i] == 255 ? 0 : STEPS[i];
        }
        int[] order = descending(rest);
        for (int c = 0; c < 3; c++) {
            int node = base + c;
            int first = Table.COLOURS[node] & FULL;
            int before = first;
            int sum = 0x8001;
            for (int axis : order) {
                node += step[axis];
                int colour = Table.COLOURS[node] & FULL;
                sum += (colour - before) * rest[axis];
                before = colour;
            }
            int value = (first + ((sum + (sum >> 16)) >> 16)) & FULL;
            rgb[at + c] = (byte) ((value * 65281L + 8388608) >> 24);
        }
    }

    /** The axes, that with the largest rest first; the walk to the opposite corner takes them in this order. */
    private static int[] descending(int[] rest) {
        if (rest[0] >= rest[1]) {
            return rest[1] >= rest[2]
                    ? new int[] {0, 1, 2}
                    : rest[0] >= rest[2] ? new int[] {0, 2, 1} : new int[] {2, 0, 1};
        }
        return rest[0] >= rest[2]
                ? new int[] {1, 0, 2}
                : rest[1] >= rest[2] ? new int[] {1, 2, 0} : new int[] {2, 1, 0};
    }
}

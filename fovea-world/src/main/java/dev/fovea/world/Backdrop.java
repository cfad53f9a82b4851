package dev.fovea.world;

/** Paints backgrounds, one row at a time; everything that depends on the column alone is worked out once. */
final class Backdrop {
    private static final int NOISE_CELLS = 14;
    private static final double HALF_LINE = 0.006;

    private final Background background;
    private final Canvas canvas;
    private final int size;
    private final int width;
    /** For each column a share of the pattern: its part of a projection, its wave, or its passage between cells. */
    private final double[] columns;
    /** For each column the cell of the noise lattice. */
    private final int[] cells;

    private final double[] lattice;
    private final int latticeColumns;
    private final double sin;

    private Backdrop(Background background, Canvas canvas, int size) {
        this.background = background;
        this.canvas = canvas;
        this.size = size;
        width = canvas.columns(size);
        columns = new double[width];
        cells = new int[width];
        latticeColumns = points(canvas.width());
        lattice = background.kind() == Background.Kind.NOISE
                ? lattice(background.seed(), latticeColumns * points(canvas.height()))
                : new double[0];
        sin = StrictMath.sin(background.angle());
        double cos = StrictMath.cos(background.angle());
        for (int x = 0; x < width; x++) {
            double u = (x + 0.5) / size;
            switch (background.kind()) {
                case PLAIN -> {}
                case GRADIENT -> columns[x] = (u - 0.5 * canvas.width()) * cos;
                case LINES -> columns[x] = u * cos;
                case CHECKER -> columns[x] = Math.clamp(wave(u, 2 * background.period()) * size, -0.5, 0.5);
                case NOISE -> {
                    double along = u * NOISE_CELLS;
                    cells[x] = (int) along;
                    columns[x] = smooth(along - cells[x]);
                }
            }
        }
    }

    /** Points of the noise lattice along a side. */
    private static int points(double side) {
        return (int) Math.ceil(NOISE_CELLS * side) + 1;
    }

    static void paint(Background background, Canvas canvas, int size, byte[] rgb) {
        Backdrop backdrop = new Backdrop(background, canvas, size);
        int width = canvas.columns(size);
        int[] ramp = new int[256];
        for (int i = 0; i < 256; i++) {
            ramp[i] = Tones.blend(background.rgb(), background.second(), i / 255.0);
        }
        int[] row = new int[width];
        for (int y = 0; y < canvas.rows(size); y++) {
            backdrop.levels((y + 0.5) / size, row);
            int at = 3 * y * width;
            for (int x = 0; x < width; x++) {
                int tone = ramp[row[x]];
                rgb[at++] = (byte) (tone >> 16);
                rgb[at++] = (byte) (tone >> 8);
                rgb[at++] = (byte) tone;
            }
        }
    }

    /** How much of the second tone each pixel of a row has, 0 to 255. */
    private void levels(double v, int[] row) {
        switch (background.kind()) {
            case PLAIN -> {}
            case GRADIENT -> gradient(v, row);
            case NOISE -> noise(v, row);
            case CHECKER -> checker(v, row);
            case LINES -> lines(v, row);
        }
    }

    private static int level(double share) {
        return (int) (Math.clamp(share, 0.0, 1.0) * 255 + 0.5);
    }

    private void gradient(double v, int[] row) {
        double down = (v - 0.5 * canvas.height()) * sin;
        double reach = 1.42 * canvas.longer();
        for (int x = 0; x < width; x++) {
            row[x] = level(0.5 + (columns[x] + down) / reach);
        }
    }

    private static double[] lattice(long seed, int points) {
        Dice dice = new Dice(seed, 0);
        double[] values = new double[points];
        for (int i = 0; i < values.length; i++) {
            values[i] = dice.unit();
        }
        return values;
    }

    /** Random values on a coarse lattice with smooth passages between them. */
    private void noise(double v, int[] row) {
        double down = v * NOISE_CELLS;
        int j = (int) down;
        double fy = smooth(down - j);
        int above = j * latticeColumns;
        int below = above + latticeColumns;
        for (int x = 0; x < width; x++) {
            int i = cells[x];
            double fx = columns[x];
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

    private void checker(double v, int[] row) {
        double vertical = Math.clamp(wave(v, 2 * background.period()) * size, -0.5, 0.5);
        for (int x = 0; x < width; x++) {
            row[x] = level(0.5 + 2 * vertical * columns[x]);
        }
    }

    private void lines(double v, int[] row) {
        double down = v * sin;
        double period = background.period();
        for (int x = 0; x < width; x++) {
            double position = (columns[x] + down) / period;
            double away = Math.abs(position - Math.floor(position) - 0.5) * period;
            row[x] = level(0.5 + (HALF_LINE - away) * size);
        }
    }
}

package dev.fovea.techniques.framing;

import dev.fovea.core.path.Matrix;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Which cells of a picture must be kept so that the others can be predicted from them.
 *
 * @param cells pixel values, {@code [rows * cols, values]}
 * @param cols cells in a row
 * @param metric of two cells
 * @param tolerance the largest distance at which two cells are the same
 */
record PixelScan(Matrix cells, int cols, Metric metric, double tolerance) {
    /** What the product of a share and the value range may miss by. */
    private static final double SLACK = 1e-6;

    /** How far apart two cells are. */
    enum Metric {
        MAX,
        MAE,
        RMSE;

        static Metric of(String word) {
            return switch (word) {
                case "mae" -> MAE;
                case "rmse" -> RMSE;
                default -> MAX;
            };
        }
    }

    /**
     * The edge rule of JPEG-LS: if the cell on the left equals the one above it and the one above does not, there is a
     * vertical edge on the way, and the cell above predicts; else the one on the left.
     *
     * @param anchored whether a dropped cell stands for its neighbours as its prediction, not as itself
     */
    int[] predicted(boolean anchored) {
        int[] shown = new int[cells.rows()];
        boolean[] keep = new boolean[shown.length];
        for (int i = 0; i < shown.length; i++) {
            int prediction = i == 0 ? 0 : i < cols ? shown[i - 1] : i % cols == 0 ? shown[i - cols] : edge(shown, i);
            keep[i] = i == 0 || !same(i, prediction);
            shown[i] = keep[i] || !anchored ? i : prediction;
        }
        return IntStream.range(0, keep.length).filter(i -> keep[i]).toArray();
    }

    private int edge(int[] shown, int i) {
        int left = shown[i - 1];
        int above = shown[i - cols];
        int corner = shown[i - cols - 1];
        return same(corner, left) && !same(corner, above) ? above : left;
    }

    /** Each cell against the last one kept, along the rows, every second one backwards if {@code serpentine}. */
    int[] alongRows(boolean serpentine) {
        int[] kept = new int[cells.rows()];
        int n = 0;
        for (int at = 0; at < kept.length; at++) {
            int row = at / cols;
            int cell = serpentine && row % 2 == 1 ? (2 * row + 1) * cols - 1 - at : at;
            if (n == 0 || !same(cell, kept[n - 1])) {
                kept[n++] = cell;
            }
        }
        int[] sorted = Arrays.copyOf(kept, n);
        Arrays.sort(sorted);
        return sorted;
    }

    private boolean same(int a, int b) {
        int width = cells.cols();
        float[] v = cells.data();
        int p = a * width;
        int q = b * width;
        return a == b
                || (tolerance == 0
                        ? Arrays.equals(v, p, p + width, v, q, q + width)
                        : distance(v, p, q, width) <= tolerance + SLACK);
    }

    private double distance(float[] v, int p, int q, int width) {
        double worst = 0;
        double sum = 0;
        for (int i = 0; i < width; i++) {
            double d = Math.abs((double) v[p + i] - v[q + i]);
            worst = Math.max(worst, d);
            sum += metric == Metric.RMSE ? d * d : d;
        }
        return switch (metric) {
            case MAX -> worst;
            case MAE -> sum / width;
            case RMSE -> Math.sqrt(sum / width);
        };
    }
}

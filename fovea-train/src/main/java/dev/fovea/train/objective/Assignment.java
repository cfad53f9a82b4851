package dev.fovea.train.objective;

import java.util.Arrays;

/**
 * The cheapest way to give rows to columns, one to each as far as they go: the Hungarian method with potentials (Kuhn,
 * 1955; in this form Jonker and Volgenant, 1987), in time of rows times rows times columns.
 */
public final class Assignment {
    private Assignment() {}

    /**
     * For each row its column, or -1 for a row that is left over where there are fewer columns.
     *
     * @param costs {@code [rows][columns]}, finite
     */
    public static int[] of(double[][] costs) {
        int rows = costs.length;
        int columns = rows == 0 ? 0 : costs[0].length;
        int[] given = new int[rows];
        Arrays.fill(given, -1);
        if (rows == 0 || columns == 0) {
            return given;
        }
        if (rows <= columns) {
            int[] taker = takers(costs);
            for (int c = 0; c < columns; c++) {
                if (taker[c] >= 0) {
                    given[taker[c]] = c;
                }
            }
        } else {
            double[][] turned = new double[columns][rows];
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++) {
                    turned[c][r] = costs[r][c];
                }
            }
            System.arraycopy(takers(turned), 0, given, 0, rows);
        }
        return given;
    }

    /** For each column the row that it is given to, or -1, where there are no more rows than columns. */
    private static int[] takers(double[][] costs) {
        int rows = costs.length;
        int columns = costs[0].length;
        double[] ofRow = new double[rows + 1];
        double[] ofColumn = new double[columns + 1];
        // Row and column 0 are outside; the others count from 1.
        int[] taker = new int[columns + 1];
        int[] way = new int[columns + 1];
        for (int row = 1; row <= rows; row++) {
            taker[0] = row;
            int at = 0;
            double[] slack = new double[columns + 1];
            Arrays.fill(slack, Double.POSITIVE_INFINITY);
            boolean[] used = new boolean[columns + 1];
            do {
                used[at] = true;
                int r = taker[at];
                double delta = Double.POSITIVE_INFINITY;
                int next = 0;
                for (int c = 1; c <= columns; c++) {
                    if (used[c]) {
                        continue;
                    }
                    double reduced = costs[r - 1][c - 1] - ofRow[r] - ofColumn[c];
                    if (reduced < slack[c]) {
                        slack[c] = reduced;
                        way[c] = at;
                    }
                    if (slack[c] < delta) {
                        delta = slack[c];
                        next = c;
                    }
                }
                for (int c = 0; c <= columns; c++) {
                    if (used[c]) {
                        ofRow[taker[c]] += delta;
                        ofColumn[c] -= delta;
                    } else {
                        slack[c] -= delta;
                    }
                }
                at = next;
            } while (taker[at] != 0);
            while (at != 0) {
                taker[at] = taker[way[at]];
                at = way[at];
            }
        }
        int[] out = new int[columns];
        Arrays.setAll(out, c -> taker[c + 1] - 1);
        return out;
    }
}

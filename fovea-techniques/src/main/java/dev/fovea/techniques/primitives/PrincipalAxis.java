package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Matrix;

/**
 * The direction in which rows differ most: their first principal component, of length one, centred on their mean. Its
 * sign is that of the mean; where the mean says nothing, its largest entry is positive.
 *
 * <p>Power iteration on the products of the centred rows, all sums in f64.
 */
public final class PrincipalAxis {
    private static final int MOST_ROUNDS = 20_000;
    private static final double STILL = 1e-14;

    private PrincipalAxis() {}

    /**
     * The axis of some columns of the rows.
     *
     * @param from the first of the columns
     * @param width how many
     * @return {@code [width]}; of rows that do not differ the direction of their mean, of nothing but zeros zeros
     */
    public static float[] of(Matrix rows, int from, int width) {
        double[] mean = mean(rows, from, width);
        double[][] centred = new double[rows.rows()][width];
        for (int r = 0; r < centred.length; r++) {
            for (int c = 0; c < width; c++) {
                centred[r][c] = rows.get(r, from + c) - mean[c];
            }
        }
        double[] weights = heaviest(products(centred));
        double[] axis = new double[width];
        for (int r = 0; r < centred.length; r++) {
            for (int c = 0; c < width; c++) {
                axis[c] += weights[r] * centred[r][c];
            }
        }
        if (length(axis) <= 1e-12 * length(mean) || length(axis) == 0) {
            axis = mean;
        }
        double scale = sign(axis, mean) / length(axis);
        float[] out = new float[width];
        for (int c = 0; c < width && length(axis) > 0; c++) {
            out[c] = (float) (axis[c] * scale);
        }
        return out;
    }

    /** The mean of some columns: {@code [width]}. */
    public static double[] mean(Matrix rows, int from, int width) {
        double[] mean = new double[width];
        for (int r = 0; r < rows.rows(); r++) {
            for (int c = 0; c < width; c++) {
                mean[c] += rows.get(r, from + c) / (double) rows.rows();
            }
        }
        return mean;
    }

    private static double[][] products(double[][] rows) {
        double[][] out = new double[rows.length][rows.length];
        for (int i = 0; i < rows.length; i++) {
            for (int j = i; j < rows.length; j++) {
                out[i][j] = dot(rows[i], rows[j]);
                out[j][i] = out[i][j];
            }
        }
        return out;
    }

    /** The eigenvector of the largest eigenvalue of a symmetric matrix without negative ones. */
    private static double[] heaviest(double[][] square) {
        int largest = 0;
        for (int i = 1; i < square.length; i++) {
            largest = square[i][i] > square[largest][largest] ? i : largest;
        }
        double[] vector = square.length == 0 ? new double[0] : square[largest].clone();
        for (int round = 0; round < MOST_ROUNDS && length(vector) > 0; round++) {
            scale(vector, 1 / length(vector));
            double[] next = new double[vector.length];
            for (int i = 0; i < next.length; i++) {
                next[i] = dot(square[i], vector);
            }
            double left = length(next);
            double moved = 1 - (left == 0 ? 1 : Math.abs(dot(next, vector)) / left);
            vector = next;
            if (moved < STILL) {
                break;
            }
        }
        return vector;
    }

    private static double sign(double[] axis, double[] mean) {
        double along = dot(axis, mean);
        if (Math.abs(along) > 1e-12 * length(axis) * length(mean)) {
            return Math.signum(along);
        }
        double largest = 0;
        for (double v : axis) {
            largest = Math.abs(v) > Math.abs(largest) ? v : largest;
        }
        return largest < 0 ? -1 : 1;
    }

    private static void scale(double[] v, double factor) {
        for (int i = 0; i < v.length; i++) {
            v[i] *= factor;
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double length(double[] v) {
        return Math.sqrt(dot(v, v));
    }
}

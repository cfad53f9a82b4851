package dev.fovea.cli.speed;

import java.util.Arrays;

/**
 * A figure measured several times.
 *
 * @param low the lower quartile
 * @param median the middle
 * @param high the upper quartile
 */
public record Quartiles(double low, double median, double high) {

    /** Of one or more values, by linear interpolation between the nearest. */
    static Quartiles of(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return new Quartiles(at(sorted, 0.25), at(sorted, 0.5), at(sorted, 0.75));
    }

    private static double at(double[] sorted, double share) {
        double place = share * (sorted.length - 1);
        int below = (int) Math.floor(place);
        int above = Math.min(sorted.length - 1, below + 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}

package dev.fovea.eval;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The mean of some values with its 95 % interval. Values of one picture share its luck: their errors are added up per
 * picture before they are squared (Miller 2024, arXiv 2411.00640, clustered standard errors), with the usual correction for
 * few pictures.
 *
 * @param value the mean; NaN of nothing
 * @param low lower end of the interval; the mean itself of less than two pictures
 * @param high upper end
 * @param n how many values
 */
public record Mean(double value, double low, double high, int n) {
    /** The 97.5 % point of the normal distribution. */
    private static final double Z = 1.959963984540054;

    /**
     * One value.
     *
     * @param picture values of the same one are not independent
     */
    public record Sample(String picture, double value) {}

    /** The mean of these values. */
    public static Mean of(List<Sample> samples) {
        int n = samples.size();
        double mean = samples.stream().mapToDouble(Sample::value).average().orElse(Double.NaN);
        Map<String, Double> errors = new HashMap<>();
        samples.forEach(s -> errors.merge(s.picture(), s.value() - mean, Double::sum));
        int pictures = errors.size();
        if (pictures < 2) {
            return new Mean(mean, mean, mean, n);
        }
        double squares = errors.values().stream().mapToDouble(e -> e * e).sum();
        double half = Z * Math.sqrt(squares * pictures / (pictures - 1)) / n;
        return new Mean(mean, mean - half, mean + half, n);
    }
}

package dev.fovea.eval.speculate;

import java.util.HashMap;
import java.util.Map;

/**
 * Pearson's chi-square test of two samples: whether both may come from one distribution.
 *
 * @param statistic chi-square
 * @param freedom degrees of freedom
 */
public record ChiSquare(double statistic, int freedom) {
    /** What was seen less often in both samples together is counted as one. */
    private static final int RARE = 10;

    private static final int MOST_TERMS = 10_000;
    private static final double PRECISE = 1e-12;

    /**
     * Of counts by outcome.
     *
     * @throws IllegalArgumentException if a sample is empty
     */
    public static <K> ChiSquare ofSamples(Map<K, Integer> one, Map<K, Integer> other) {
        double first = one.values().stream().mapToInt(Integer::intValue).sum();
        double second = other.values().stream().mapToInt(Integer::intValue).sum();
        if (first == 0 || second == 0) {
            throw new IllegalArgumentException("A sample is empty, so that there is nothing to compare");
        }
        Map<K, Integer> all = new HashMap<>(one);
        other.forEach((key, count) -> all.merge(key, count, Integer::sum));
        double sum = 0;
        int cells = 0;
        double rareOne = 0;
        double rareOther = 0;
        for (Map.Entry<K, Integer> cell : all.entrySet()) {
            int a = one.getOrDefault(cell.getKey(), 0);
            int b = other.getOrDefault(cell.getKey(), 0);
            if (cell.getValue() < RARE) {
                rareOne += a;
                rareOther += b;
            } else {
                sum += cell(a, b, first, second);
                cells++;
            }
        }
        if (rareOne + rareOther > 0) {
            sum += cell(rareOne, rareOther, first, second);
            cells++;
        }
        return new ChiSquare(sum, cells - 1);
    }

    /** What one outcome adds: both counts against their share of it. */
    private static double cell(double a, double b, double first, double second) {
        double share = (a + b) / (first + second);
        double one = a - first * share;
        double other = b - second * share;
        return one * one / (first * share) + other * other / (second * share);
    }

    /** How likely a statistic at least as large is where both samples come from one distribution. */
    public double p() {
        if (freedom == 0 || statistic <= 0) {
            return 1;
        }
        return upperGamma(freedom / 2.0, statistic / 2);
    }

    /** The regularised upper incomplete gamma function Q(a, x), by its series or its continued fraction (Lentz). */
    static double upperGamma(double a, double x) {
        double front = Math.exp(a * Math.log(x) - x - logGamma(a));
        if (x < a + 1) {
            double term = 1 / a;
            double sum = term;
            for (int n = 1; n < MOST_TERMS && term > sum * PRECISE; n++) {
                term *= x / (a + n);
                sum += term;
            }
            return 1 - sum * front;
        }
        double b = x + 1 - a;
        double c = 1e300;
        double d = 1 / b;
        double fraction = d;
        for (int n = 1; n < MOST_TERMS; n++) {
            double factor = -n * (n - a);
            b += 2;
            d = 1 / (factor * d + b);
            c = b + factor / c;
            fraction *= d * c;
            if (Math.abs(d * c - 1) < PRECISE) {
                break;
            }
        }
        return front * fraction;
    }

    /** The logarithm of the gamma function of a whole or half number above 0. */
    static double logGamma(double a) {
        double at = a % 1 == 0 ? 1 : 0.5;
        double log = a % 1 == 0 ? 0 : 0.5 * Math.log(Math.PI);
        for (; at < a; at++) {
            log += Math.log(at);
        }
        return log;
    }
}

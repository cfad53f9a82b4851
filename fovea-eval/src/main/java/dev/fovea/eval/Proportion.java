package dev.fovea.eval;

/**
 * A share of right answers with its uncertainty.
 *
 * @param score sum of the scores, each 0 to 1; a whole number where answers are right or wrong
 * @param n number of answers
 */
public record Proportion(double score, int n) {
    /** The 97.5 % point of the normal distribution, for intervals of 95 %. */
    private static final double Z = 1.959963984540054;

    public Proportion {
        if (!(score >= 0 && score <= n + 1e-9)) {
            throw new IllegalArgumentException(score + " of " + n + " is no proportion");
        }
    }

    /** The share itself, 0 to 1; NaN of nothing. */
    public double value() {
        return score / n;
    }

    /** Lower end of the 95 % interval of Wilson (1927), which also holds for few answers and shares near 0 or 1. */
    public double low() {
        return n == 0 || score == 0 ? 0 : Math.max(0, centre() - halfWidth());
    }

    /** Upper end of the same interval. */
    public double high() {
        return n == 0 || score >= n ? 1 : Math.min(1, centre() + halfWidth());
    }

    private double centre() {
        return (value() + Z * Z / (2 * n)) / (1 + Z * Z / n);
    }

    private double halfWidth() {
        double p = value();
        return Z / (1 + Z * Z / n) * Math.sqrt(p * (1 - p) / n + Z * Z / (4.0 * n * n));
    }
}

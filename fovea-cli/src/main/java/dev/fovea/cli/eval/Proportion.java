package dev.fovea.cli.eval;

/**
 * A share of right answers with its uncertainty.
 *
 * @param correct right answers
 * @param n all answers
 */
public record Proportion(int correct, int n) {
    /** The 97.5 % point of the normal distribution, for intervals of 95 %. */
    private static final double Z = 1.959963984540054;

    public Proportion {
        if (correct < 0 || correct > n) {
            throw new IllegalArgumentException(correct + " of " + n + " is no proportion");
        }
    }

    /** The share itself, 0 to 1; NaN of nothing. */
    public double value() {
        return (double) correct / n;
    }

    /** Lower end of the 95 % interval of Wilson (1927), which also holds for few answers and shares near 0 or 1. */
    public double low() {
        return correct == 0 ? 0 : centre() - halfWidth();
    }

    /** Upper end of the same interval. */
    public double high() {
        return correct == n ? 1 : centre() + halfWidth();
    }

    private double centre() {
        return (value() + Z * Z / (2 * n)) / (1 + Z * Z / n);
    }

    private double halfWidth() {
        double p = value();
        return Z / (1 + Z * Z / n) * Math.sqrt(p * (1 - p) / n + Z * Z / (4.0 * n * n));
    }
}

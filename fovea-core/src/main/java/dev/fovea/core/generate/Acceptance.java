package dev.fovea.core.generate;

import org.jspecify.annotations.Nullable;

/**
 * Modified rejection sampling (Leviathan et al. 2023, arXiv 2211.17192, section 2.3; Chen et al. 2023, arXiv 2302.01318): a
 * token that was drawn from a distribution {@code q} is taken or replaced so that what comes out has the distribution
 * {@code p}, whatever {@code q} is.
 */
final class Acceptance {
    private Acceptance() {}

    /**
     * How likely a guess is taken: {@code min(1, p(x) / q(x))}.
     *
     * @param q null where the guess was certain
     */
    static double of(double[] p, double @Nullable [] q, int guess) {
        double chance = guess < p.length ? p[guess] : 0;
        return Math.min(1, chance / likely(q, guess, guess));
    }

    /** What is drawn from where a guess was not taken: {@code max(p - q, 0)}, which need not add up to 1. */
    static double[] residual(double[] p, double @Nullable [] q, int guess) {
        double[] left = new double[p.length];
        for (int i = 0; i < p.length; i++) {
            left[i] = Math.max(0, p[i] - likely(q, guess, i));
        }
        return left;
    }

    private static double likely(double @Nullable [] q, int guess, int token) {
        if (q == null) {
            return token == guess ? 1 : 0;
        }
        return token < q.length ? q[token] : 0;
    }
}

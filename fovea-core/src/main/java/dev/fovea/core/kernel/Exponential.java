package dev.fovea.core.kernel;

/**
 * {@code e^x} in f32, to one unit in the last place: {@code 2^n e^r} with {@code |r| <= ln 2 / 2} (Cody and Waite, Software
 * Manual for the Elementary Functions, 1980, chapter 6), the latter by the first eight terms of its series, whose rest is
 * a tenth of a unit. In f64, so that nothing else is lost; Java's own is exact to f64 and takes several times as long.
 */
final class Exponential {
    private static final double PER_LN2 = 1 / Math.log(2);
    private static final double LN2 = Math.log(2);

    /** Added to a number of at most 51 bits, it is rounded, and stands in the low bits of the sum. */
    private static final double ROUND = 0x1.8p52;

    /** Below this the result would be smaller than a normal number, and is taken for 0. */
    private static final float LOWEST = -87.3f;

    private static final float HIGHEST = 88.7f;
    private static final int MANTISSA = 52;

    private Exponential() {}

    /** Infinity above 88.7; NaN stays one. */
    static float of(float x) {
        if (x < LOWEST) {
            return 0;
        }
        if (x > HIGHEST) {
            return Float.POSITIVE_INFINITY;
        }
        double n = x * PER_LN2 + ROUND - ROUND;
        double r = x - n * LN2;
        double p = 1.0 / 5040;
        p = p * r + 1.0 / 720;
        p = p * r + 1.0 / 120;
        p = p * r + 1.0 / 24;
        p = p * r + 1.0 / 6;
        p = p * r + 1.0 / 2;
        p = p * r + 1;
        p = p * r + 1;
        return (float) (p * Double.longBitsToDouble(((long) n + Double.MAX_EXPONENT) << MANTISSA));
    }
}

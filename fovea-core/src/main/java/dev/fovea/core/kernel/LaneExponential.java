package dev.fovea.core.kernel;

import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * {@code e^x} of f32 vectors to two units in the last place, by the same method as {@link Exponential}: {@code 2^n e^r} with
 * {@code |r| <= ln 2 / 2}, the latter by the first seven terms of its series. Not to be touched where the JVM has no vectors.
 */
final class LaneExponential {
    // Constants as vectors, as in BFloat16Lanes.
    private static final FloatVector PER_LN2 = vector(1 / Math.log(2));
    /** ln 2 in two parts, the first of so few bits that its multiples are exact. */
    private static final FloatVector MINUS_UPPER_LN2 = vector(-0x1.62e4p-1);

    private static final FloatVector MINUS_LOWER_LN2 = vector(0x1.62e4p-1 - Math.log(2));
    /** Added to a number of at most 22 bits, it is rounded, and stands in the low bits of the sum. */
    private static final FloatVector ROUND = vector(0x1.8p23);

    private static final FloatVector LOWEST = vector(-87);
    private static final FloatVector HIGHEST = vector(88);
    private static final FloatVector SEVENTH = vector(1.0 / 720);
    private static final FloatVector SIXTH = vector(1.0 / 120);
    private static final FloatVector FIFTH = vector(1.0 / 24);
    private static final FloatVector FOURTH = vector(1.0 / 6);
    private static final FloatVector HALF = vector(0.5);
    private static final FloatVector ONE = vector(1);
    private static final IntVector MANTISSA = IntVector.broadcast(IntVector.SPECIES_PREFERRED, 23);

    private LaneExponential() {}

    private static FloatVector vector(double value) {
        return FloatVector.broadcast(FloatLanes.F, (float) value);
    }

    /** What lies below -87 or above 88 counts as these; NaN stays one. */
    static FloatVector of(FloatVector given) {
        FloatVector x = given.max(LOWEST).min(HIGHEST);
        FloatVector shifted = x.fma(PER_LN2, ROUND);
        FloatVector n = shifted.sub(ROUND);
        FloatVector r = n.fma(MINUS_LOWER_LN2, n.fma(MINUS_UPPER_LN2, x));
        FloatVector p = SEVENTH.fma(r, SIXTH)
                .fma(r, FIFTH)
                .fma(r, FOURTH)
                .fma(r, HALF)
                .fma(r, ONE)
                .fma(r, ONE);
        return p.reinterpretAsInts()
                .add(shifted.reinterpretAsInts().lanewise(LSHL, MANTISSA))
                .reinterpretAsFloats();
    }
}

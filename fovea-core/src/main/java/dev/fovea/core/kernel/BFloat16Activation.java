package dev.fovea.core.kernel;

import jdk.incubator.vector.FloatVector;

/** The loops of {@link RowActivation}, which must not be touched where the JVM has no vectors. */
final class BFloat16Activation {
    private static final int LANES = BFloat16Lanes.LANES;
    private static final int EXERCISE_ELEMENTS = 1 << 14;
    private static final int EXERCISE_PIECE = 1 << 8;

    /** What a vector's way through the loop comes to, in bytes that a plainer loop would read and write meanwhile. */
    private static final long VECTOR_BYTES = 96;

    private static final FloatVector ONE = vector(1);
    private static final FloatVector MINUS_QUICK = vector(-1.702);

    /** {@code -2 sqrt(2 / pi)}, and 0.044715 times that. */
    private static final FloatVector MINUS_LINEAR = vector(-2 * Math.sqrt(2 / Math.PI));

    private static final FloatVector MINUS_CUBIC = vector(-2 * Math.sqrt(2 / Math.PI) * 0.044715);

    /** Below this an activation is nought, as it is here, and the exponential would be infinite. */
    private static final FloatVector FAR = vector(-100);

    static final Exercise GELU_TANH = exercise(BFloat16Activation::geluTanh);
    static final Exercise QUICK_GELU = exercise(BFloat16Activation::quickGelu);

    private BFloat16Activation() {}

    private static FloatVector vector(double value) {
        return FloatVector.broadcast(FloatLanes.F, (float) value);
    }

    /** In place, {@code count} elements from an address on. */
    @FunctionalInterface
    interface Loop {
        void run(long x, int count);
    }

    /** Many calls, because a loop that is compiled while it runs is slow again when it is called anew. */
    private static Exercise exercise(Loop loop) {
        return new Exercise(VECTOR_BYTES * EXERCISE_ELEMENTS / LANES, memory -> {
            for (int i = 0; i < EXERCISE_ELEMENTS; i += EXERCISE_PIECE) {
                loop.run(memory + 2L * i, EXERCISE_PIECE);
            }
        });
    }

    static void quickGelu(long x, int count) {
        int whole = count - count % LANES;
        for (int i = 0; i < whole; i += LANES) {
            BFloat16Lanes.store(quickGelu(BFloat16Lanes.load(x + 2L * i)), x + 2L * i);
        }
        if (whole < count) {
            float[] rest = BFloat16Lanes.load(x + 2L * whole, count - whole);
            BFloat16Lanes.store(quickGelu(FloatVector.fromArray(FloatLanes.F, rest, 0)), x + 2L * whole, count - whole);
        }
    }

    static void geluTanh(long x, int count) {
        int whole = count - count % LANES;
        for (int i = 0; i < whole; i += LANES) {
            BFloat16Lanes.store(geluTanh(BFloat16Lanes.load(x + 2L * i)), x + 2L * i);
        }
        if (whole < count) {
            float[] rest = BFloat16Lanes.load(x + 2L * whole, count - whole);
            BFloat16Lanes.store(geluTanh(FloatVector.fromArray(FloatLanes.F, rest, 0)), x + 2L * whole, count - whole);
        }
    }

    private static FloatVector quickGelu(FloatVector v) {
        return gated(v, v.mul(MINUS_QUICK));
    }

    /** {@code (1 + tanh y) / 2 = 1 / (1 + e^-2y)}. */
    private static FloatVector geluTanh(FloatVector v) {
        return gated(v, v.mul(v).fma(MINUS_CUBIC, MINUS_LINEAR).mul(v));
    }

    private static FloatVector gated(FloatVector v, FloatVector minus) {
        return v.max(FAR).div(LaneExponential.of(minus).add(ONE));
    }
}

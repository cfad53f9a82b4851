package dev.fovea.core.kernel;

import jdk.incubator.vector.FloatVector;

/** The loops of {@link RowNorm}, which must not be touched where the JVM has no vectors. */
final class BFloat16Norm {
    /** Rows hold a multiple of so many elements. */
    static final int LANES = BFloat16Lanes.LANES;

    private static final int EXERCISE_ROWS = 128;
    private static final int EXERCISE_COLUMNS = 1024;

    static final Exercise EXERCISE = new Exercise(
            "norm",
            2L * EXERCISE_ROWS * EXERCISE_COLUMNS,
            memory -> rows(memory, memory, memory, EXERCISE_COLUMNS, 1e-5, 0, EXERCISE_ROWS));

    private BFloat16Norm() {}

    /**
     * Norms rows {@code [first, end)}.
     *
     * @param x address of row 0; rows lie end to end
     * @param out as {@code x}
     * @param weight address of a row
     */
    static void rows(long x, long out, long weight, int columns, double eps, int first, int end) {
        LaneSum sum = new LaneSum(LANES);
        for (int r = first; r < end; r++) {
            long at = 2L * r * columns;
            float scale = (float) (1 / Math.sqrt(sumOfSquares(x + at, columns, sum) / (double) columns + eps));
            scale(x + at, out + at, weight, columns, scale);
        }
    }

    private static float sumOfSquares(long x, int columns, LaneSum sum) {
        FloatVector a = FloatVector.zero(BFloat16Lanes.F);
        FloatVector b = a;
        int c = 0;
        for (; c <= columns - 2 * LANES; c += 2 * LANES) {
            FloatVector v = BFloat16Lanes.load(x + 2L * c);
            FloatVector w = BFloat16Lanes.load(x + 2L * (c + LANES));
            a = v.fma(v, a);
            b = w.fma(w, b);
        }
        if (c < columns) {
            FloatVector v = BFloat16Lanes.load(x + 2L * c);
            a = v.fma(v, a);
        }
        return sum.of(a.add(b));
    }

    private static void scale(long x, long out, long weight, int columns, float factor) {
        FloatVector scale = FloatVector.broadcast(BFloat16Lanes.F, factor);
        for (int c = 0; c < columns; c += LANES) {
            FloatVector normed =
                    BFloat16Lanes.round(BFloat16Lanes.load(x + 2L * c).mul(scale));
            FloatVector weighted = normed.mul(BFloat16Lanes.load(weight + 2L * c));
            BFloat16Lanes.store(BFloat16Lanes.round(weighted), out + 2L * c);
        }
    }
}

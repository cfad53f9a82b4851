package dev.fovea.core.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** The loops of {@link RowNorm}, which must not be touched where the JVM has no vectors. */
final class BFloat16Norm {
    /** Rows hold a multiple of so many elements. */
    static final int LANES = 2 * BFloat16Lanes.LANES;

    private static final int EXERCISE_ROWS = 128;
    private static final int EXERCISE_COLUMNS = 1024;

    static final Exercise EXERCISE = new Exercise(
            2L * EXERCISE_ROWS * EXERCISE_COLUMNS,
            memory -> rows(memory, memory, memory, EXERCISE_COLUMNS, 1e-5, 0, EXERCISE_ROWS));

    private BFloat16Norm() {}

    /**
     * Norms rows {@code [first, end)}. Sooner or later the compiler builds both loops into this method, and there is a
     * limit to how much it builds into one: with shuffled loads in the first loop, as in the second, the limit was
     * passed and the norm three times slower from then on. {@code NodeCountInliningCutoff} in the output of {@code
     * -XX:+PrintInlining} tells.
     *
     * @param x address of row 0; rows lie end to end
     * @param out as {@code x}
     * @param weight address of a row
     */
    static void rows(long x, long out, long weight, int columns, double eps, int first, int end) {
        LaneSum sum = new LaneSum(BFloat16Lanes.LANES);
        for (int r = first; r < end; r++) {
            long at = 2L * r * columns;
            float scale = (float) (1 / Math.sqrt(sumOfSquares(x + at, columns, sum) / (double) columns + eps));
            scale(x + at, out + at, weight, columns, scale);
        }
    }

    private static float sumOfSquares(long x, int columns, LaneSum sum) {
        FloatVector a = FloatVector.zero(BFloat16Lanes.F);
        FloatVector b = a;
        for (int c = 0; c < columns; c += LANES) {
            IntVector words = BFloat16Lanes.loadWords(x + 2L * c);
            FloatVector even = BFloat16Lanes.even(words);
            FloatVector odd = BFloat16Lanes.odd(words);
            a = even.fma(even, a);
            b = odd.fma(odd, b);
        }
        return sum.of(a.add(b));
    }

    private static void scale(long x, long out, long weight, int columns, float factor) {
        FloatVector scale = FloatVector.broadcast(BFloat16Lanes.F, factor);
        for (int c = 0; c < columns; c += BFloat16Lanes.LANES) {
            FloatVector normed =
                    BFloat16Lanes.round(BFloat16Lanes.load(x + 2L * c).mul(scale));
            FloatVector weighted = normed.mul(BFloat16Lanes.load(weight + 2L * c));
            BFloat16Lanes.store(weighted, out + 2L * c);
        }
    }
}

package dev.fovea.core.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The loops of {@link BlockAttention}, which must not be touched where the JVM has no vectors. */
final class BFloat16Softmax {
    /** Rows hold at least so many elements. */
    static final int LANES = BFloat16Lanes.LANES;

    private static final int EXERCISE_ROWS = 128;
    private static final int EXERCISE_COLUMNS = 2 * 256 + 2 * 16 + 1;

    /** What a vector's way through the loops comes to, in bytes that a plainer loop would read and write meanwhile. */
    private static final long VECTOR_BYTES = 96;

    static final Exercise EXERCISE = new Exercise(
            VECTOR_BYTES * EXERCISE_ROWS * EXERCISE_COLUMNS / LANES,
            memory -> new BFloat16Softmax(EXERCISE_COLUMNS, 1).rows(memory, EXERCISE_ROWS));

    private final int columns;
    private final int last;
    private final FloatVector scale;
    private final VectorMask<Float> seen;
    private final LaneSum sum = new LaneSum(LANES);
    private final float[] weights;

    /**
     * @param columns of a row, at least {@link #LANES}
     * @param scale what scores are multiplied by, above 0
     */
    BFloat16Softmax(int columns, double scale) {
        this.columns = columns;
        this.last = columns - LANES;
        this.scale = FloatVector.broadcast(FloatLanes.F, (float) scale);
        this.weights = new float[columns];
        // The last vector of a row begins in front of its end, and its first lanes were summed with the one before.
        this.seen = VectorMask.fromLong(FloatLanes.F, -1L << (LANES - columns % LANES) % LANES);
    }

    /** Softmax of rows that lie end to end from an address on, in place. */
    void rows(long scores, int rows) {
        for (int r = 0; r < rows; r++) {
            long row = scores + 2L * r * columns;
            float total = exponentials(row, highest(row));
            divide(row, 1 / total);
        }
    }

    private FloatVector highest(long row) {
        FloatVector highest = BFloat16Lanes.load(row + 2L * last);
        for (int c = 0; c < last; c += LANES) {
            highest = highest.max(BFloat16Lanes.load(row + 2L * c));
        }
        return FloatVector.broadcast(FloatLanes.F, highest.reduceLanes(VectorOperators.MAX))
                .mul(scale);
    }

    private float exponentials(long row, FloatVector highest) {
        FloatVector total = FloatVector.zero(FloatLanes.F);
        FloatVector minus = highest.neg();
        for (int c = 0; c < last; c += LANES) {
            FloatVector e = LaneExponential.of(BFloat16Lanes.load(row + 2L * c).fma(scale, minus));
            e.intoArray(weights, c);
            total = total.add(e);
        }
        FloatVector e = LaneExponential.of(BFloat16Lanes.load(row + 2L * last).fma(scale, minus));
        e.intoArray(weights, last);
        return sum.of(total.add(e, seen));
    }

    private void divide(long row, float share) {
        FloatVector factor = FloatVector.broadcast(FloatLanes.F, share);
        for (int c = 0; c < last; c += LANES) {
            BFloat16Lanes.store(FloatVector.fromArray(FloatLanes.F, weights, c).mul(factor), row + 2L * c);
        }
        BFloat16Lanes.store(FloatVector.fromArray(FloatLanes.F, weights, last).mul(factor), row + 2L * last);
    }
}

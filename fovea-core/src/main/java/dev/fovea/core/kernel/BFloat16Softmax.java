package dev.fovea.core.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The loops of {@link BlockAttention}, which must not be touched where the JVM has no vectors. */
final class BFloat16Softmax {
    static final int LANES = BFloat16Lanes.LANES;

    private static final int EXERCISE_ROWS = 128;
    private static final int EXERCISE_COLUMNS = 640;

    /** What a vector's way through the loops comes to, in bytes that a plainer loop would read and write meanwhile. */
    private static final long VECTOR_BYTES = 96;

    /** Each row sees one more, so that every way through the last vector is taken. */
    static final Exercise EXERCISE = new Exercise(
            VECTOR_BYTES * EXERCISE_ROWS * EXERCISE_COLUMNS / LANES,
            memory -> new BFloat16Softmax(EXERCISE_COLUMNS, 1)
                    .rows(memory, EXERCISE_ROWS, EXERCISE_COLUMNS - EXERCISE_ROWS + 1, 1));

    private static final FloatVector NOTHING = FloatVector.zero(FloatLanes.F);
    private static final FloatVector LOWEST = FloatVector.broadcast(FloatLanes.F, Float.NEGATIVE_INFINITY);
    private static final FloatVector LANE = NOTHING.addIndex(1);

    private final int columns;
    private final FloatVector scale;
    private final LaneSum sum = new LaneSum(LANES);
    private final float[] weights;

    /**
     * @param columns from one row to the next, a multiple of {@link #LANES}
     * @param scale what scores are multiplied by, above 0
     */
    BFloat16Softmax(int columns, double scale) {
        this.columns = columns;
        this.scale = FloatVector.broadcast(FloatLanes.F, (float) scale);
        this.weights = new float[columns];
    }

    /**
     * Softmax of rows that lie end to end from an address on, in place, each over its first elements; what stands behind
     * these becomes 0.
     *
     * @param seen elements of the first row, at least 1
     * @param more elements of each row than of the one before
     */
    void rows(long scores, int rows, int seen, int more) {
        for (int r = 0; r < rows; r++) {
            long row = scores + 2L * r * columns;
            int count = seen + r * more;
            int last = (count - 1) & -LANES;
            VectorMask<Float> behind = LANE.compare(VectorOperators.GE, count - last);
            float total = exponentials(row, last, behind, highest(row, last, behind));
            divide(row, last + LANES, 1 / total);
        }
    }

    private FloatVector highest(long row, int last, VectorMask<Float> behind) {
        FloatVector highest = BFloat16Lanes.load(row + 2L * last).blend(LOWEST, behind);
        for (int c = 0; c < last; c += LANES) {
            highest = highest.max(BFloat16Lanes.load(row + 2L * c));
        }
        return FloatVector.broadcast(FloatLanes.F, highest.reduceLanes(VectorOperators.MAX))
                .mul(scale);
    }

    private float exponentials(long row, int last, VectorMask<Float> behind, FloatVector highest) {
        // Not the constant: it is an object, and the compiler would keep the sum in one, at half the speed.
        FloatVector total = FloatVector.zero(FloatLanes.F);
        FloatVector minus = highest.neg();
        for (int c = 0; c < last; c += LANES) {
            FloatVector e = LaneExponential.of(BFloat16Lanes.load(row + 2L * c).fma(scale, minus));
            e.intoArray(weights, c);
            total = total.add(e);
        }
        FloatVector e = LaneExponential.of(BFloat16Lanes.load(row + 2L * last).fma(scale, minus))
                .blend(NOTHING, behind);
        e.intoArray(weights, last);
        return sum.of(total.add(e));
    }

    /** @param weighed elements that may be above 0, a multiple of {@link #LANES} */
    private void divide(long row, int weighed, float share) {
        FloatVector factor = FloatVector.broadcast(FloatLanes.F, share);
        for (int c = 0; c < weighed; c += LANES) {
            BFloat16Lanes.store(FloatVector.fromArray(FloatLanes.F, weights, c).mul(factor), row + 2L * c);
        }
        for (int c = weighed; c < columns; c += LANES) {
            BFloat16Lanes.store(NOTHING, row + 2L * c);
        }
    }
}

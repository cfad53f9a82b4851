package dev.fovea.core.kernel;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sums the lanes of vectors in an order of its own. The Vector API leaves the order of {@code reduceLanes} open, and
 * compiled code takes another than the interpreter: the same question could be answered in other bits while the JVM is
 * still compiling.
 *
 * <p>The order is a tree: the upper half of the lanes is added to the lower half until one is left. It is written out for
 * the usual widths, because a loop over halves costs a row of a few kilobytes a tenth of its time.
 */
final class LaneSum {
    private static final VectorSpecies<Float> F = FloatLanes.F;
    private static final int LANES = FloatLanes.COUNT;
    private static final VectorMask<Float> SECOND = VectorMask.fromLong(F, -1L << LANES / 2);

    private final float[] lanes;

    /** @param count lanes of the vectors, a power of two */
    LaneSum(int count) {
        lanes = new float[count];
    }

    float of(FloatVector v) {
        v.intoArray(lanes, 0);
        return of(lanes, 0, lanes.length);
    }

    /**
     * The sum of {@code lanes[at]} to {@code lanes[at + count - 1]}.
     *
     * @param count a power of two
     */
    static float of(float[] lanes, int at, int count) {
        return switch (count) {
            case 4 -> tree(lanes[at], lanes[at + 1], lanes[at + 2], lanes[at + 3]);
            case 8 -> tree(two(lanes, at), two(lanes, at + 1), two(lanes, at + 2), two(lanes, at + 3));
            case 16 -> tree(four(lanes, at), four(lanes, at + 1), four(lanes, at + 2), four(lanes, at + 3));
            default -> ofAny(lanes, at, count);
        };
    }

    /**
     * The sums of many rows of as many lanes as the machine's vectors have, in the same order: lanes of two rows are
     * brought into one vector, again and again until each lane is a row.
     *
     * @param lanes row after row, from {@code at} on, with room for a multiple of sixteen; overwritten
     * @param count rows
     * @param out receives the sums, from {@code to} on
     */
    static void ofRows(float[] lanes, int at, int count, float[] out, int to) {
        if (LANES == Sixteen.ROWS) {
            for (int done = 0; done < count; done += Sixteen.ROWS) {
                Sixteen.sum(lanes, at + LANES * done);
                System.arraycopy(lanes, at + LANES * done, out, to + done, Math.min(Sixteen.ROWS, count - done));
            }
        } else {
            for (int r = 0; r < count; r++) {
                out[to + r] = of(lanes, at + LANES * r, LANES);
            }
        }
    }

    /** Sixteen rows of sixteen lanes. */
    private static final class Sixteen {
        static final int ROWS = 16;

        private static final VectorShuffle<Float> FRONT_16 = halves(16, 0);
        private static final VectorShuffle<Float> BACK_16 = halves(16, 1);
        private static final VectorShuffle<Float> FRONT_8 = halves(8, 0);
        private static final VectorShuffle<Float> BACK_8 = halves(8, 1);
        private static final VectorShuffle<Float> FRONT_4 = halves(4, 0);
        private static final VectorShuffle<Float> BACK_4 = halves(4, 1);
        private static final VectorShuffle<Float> FRONT_2 = halves(2, 0);
        private static final VectorShuffle<Float> BACK_2 = halves(2, 1);

        /** Of rows that have {@code left} lanes each in a vector the first or the second halves, twice. */
        private static VectorShuffle<Float> halves(int left, int which) {
            int half = left / 2;
            return VectorShuffle.fromOp(F, lane -> {
                int i = lane % (LANES / 2);
                return i / half * left + i % half + which * half;
            });
        }

        /** Leaves the sums where the lanes of the first row were. */
        static void sum(float[] lanes, int at) {
            pairs(lanes, at, 8, FRONT_16, BACK_16);
            pairs(lanes, at, 4, FRONT_8, BACK_8);
            pairs(lanes, at, 2, FRONT_4, BACK_4);
            pairs(lanes, at, 1, FRONT_2, BACK_2);
        }

        /** Vectors two by two; the first half of the vector comes from the first, the second from the second. */
        private static void pairs(
                float[] lanes, int at, int pairs, VectorShuffle<Float> front, VectorShuffle<Float> back) {
            for (int p = 0; p < pairs; p++) {
                FloatVector a = FloatVector.fromArray(F, lanes, at + 2 * p * LANES);
                FloatVector b = FloatVector.fromArray(F, lanes, at + (2 * p + 1) * LANES);
                FloatVector fronts = a.rearrange(front).blend(b.rearrange(front), SECOND);
                FloatVector backs = a.rearrange(back).blend(b.rearrange(back), SECOND);
                fronts.add(backs).intoArray(lanes, at + p * LANES);
            }
        }
    }

    /** What is left when four lanes are. */
    private static float tree(float a, float b, float c, float d) {
        return (a + c) + (b + d);
    }

    /** Of eight lanes those that end up in the same of four. */
    private static float two(float[] lanes, int at) {
        return lanes[at] + lanes[at + 4];
    }

    /** Of sixteen lanes those that end up in the same of four. */
    private static float four(float[] lanes, int at) {
        return (lanes[at] + lanes[at + 8]) + (lanes[at + 4] + lanes[at + 12]);
    }

    private static float ofAny(float[] lanes, int at, int count) {
        float[] rest = Arrays.copyOfRange(lanes, at, at + count);
        for (int width = count / 2; width > 0; width /= 2) {
            for (int i = 0; i < width; i++) {
                rest[i] += rest[i + width];
            }
        }
        return rest[0];
    }
}

package dev.fovea.core.kernel;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Sums the lanes of vectors in an order of its own. The Vector API leaves the order of {@code reduceLanes} open, and
 * compiled code takes another than the interpreter: the same question could be answered in other bits while the JVM is
 * still compiling.
 *
 * <p>The order is a tree: the upper half of the lanes is added to the lower half until one is left. It is written out for
 * the usual widths, because a loop over halves costs a row of a few kilobytes a tenth of its time.
 */
final class LaneSum {
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

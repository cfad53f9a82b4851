package dev.fovea.core.kernel;

import jdk.incubator.vector.FloatVector;

/**
 * Sums the lanes of a vector in an order of its own. The Vector API leaves the order of {@code reduceLanes} open, and
 * compiled code takes another than the interpreter: the same question could be answered in other bits while the JVM is
 * still compiling.
 */
final class LaneSum {
    private final float[] lanes;

    /** @param count lanes of the vectors, a power of two */
    LaneSum(int count) {
        lanes = new float[count];
    }

    float of(FloatVector v) {
        v.intoArray(lanes, 0);
        for (int width = lanes.length / 2; width > 0; width /= 2) {
            for (int i = 0; i < width; i++) {
                lanes[i] += lanes[i + width];
            }
        }
        return lanes[0];
    }
}

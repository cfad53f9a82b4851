package dev.fovea.core.kernel;

/**
 * Where loops leave the lanes of rows until they are summed: an array of each thread's own, which stays in its caches. New ones
 * for every block of rows, cleared before they are written, would go through the memory beside the weights. Not to be
 * touched where the JVM has no vectors.
 */
final class LaneRoom {
    /** Rows that there is room for: a multiple of the lanes of any vector, as those who sum them want it. */
    static final int ROWS = 144;

    private static final ThreadLocal<float[]> FLOATS =
            ThreadLocal.withInitial(() -> new float[ROWS * FloatLanes.COUNT]);

    private LaneRoom() {}

    /** Whatever was last left there. */
    static float[] floats() {
        return FLOATS.get();
    }
}

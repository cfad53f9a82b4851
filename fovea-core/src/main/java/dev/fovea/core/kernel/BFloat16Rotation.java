package dev.fovea.core.kernel;

import jdk.incubator.vector.FloatVector;

/** The loop of {@link RowRotation}, which must not be touched where the JVM has no vectors. */
final class BFloat16Rotation {
    /** Half a head is a multiple of so many elements. */
    static final int LANES = BFloat16Lanes.LANES;

    private static final int EXERCISE_TOKENS = 512;
    private static final int EXERCISE_DIM = 128;

    static final Exercise EXERCISE = new Exercise(4L * EXERCISE_TOKENS * EXERCISE_DIM, BFloat16Rotation::exercise);

    private BFloat16Rotation() {}

    /**
     * Rotates one head of one token.
     *
     * @param x address of the head, {@code half} real parts and as many imaginary ones
     * @param out as {@code x}
     * @param cos address of {@code half} cosines, f32
     * @param sin as {@code cos}
     */
    static void rotate(long x, long out, long cos, long sin, int half) {
        for (int i = 0; i < half; i += LANES) {
            FloatVector c = BFloat16Lanes.loadFloats(cos + 4L * i);
            FloatVector s = BFloat16Lanes.loadFloats(sin + 4L * i);
            FloatVector real = BFloat16Lanes.load(x + 2L * i);
            FloatVector imaginary = BFloat16Lanes.load(x + 2L * (half + i));
            FloatVector turned = real.mul(c).sub(imaginary.mul(s));
            BFloat16Lanes.store(turned, out + 2L * i);
            turned = imaginary.mul(c).add(real.mul(s));
            BFloat16Lanes.store(turned, out + 2L * (half + i));
        }
    }

    /** The first half of the memory is rotated into the second, by angles of zeros. */
    private static void exercise(long memory) {
        long out = memory + 2L * EXERCISE_TOKENS * EXERCISE_DIM;
        for (int t = 0; t < EXERCISE_TOKENS; t++) {
            long at = 2L * t * EXERCISE_DIM;
            rotate(memory + at, out + at, memory, memory, EXERCISE_DIM / 2);
        }
    }
}

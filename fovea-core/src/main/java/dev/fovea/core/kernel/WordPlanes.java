package dev.fovea.core.kernel;

/**
 * A row as {@link Int4Loops} read it: for each vector of words of eight codes what its offset takes off, then the elements
 * that meet the first code of each word, those that meet the second, and so on, one behind the other. The last vector ends
 * where the row ends, and has zeros where it lies over the one before. Not to be touched where the JVM has no vectors.
 */
final class WordPlanes {
    private static final int CODES = Int4Matrix.CODES;
    private static final int LANES = FloatLanes.COUNT;
    private static final int EACH = CODES + 1;

    /** What a code's sixteenth is taken times. */
    private static final float UNIT = 16;

    private static final float MIDDLE = 1.5f;

    private WordPlanes() {}

    /** Floats of a row of so many elements. */
    static int size(int inputs) {
        int words = inputs / CODES;
        return (words + LANES - 1) / LANES * EACH * LANES;
    }

    /** Of {@code inputs} elements from {@code from} on. */
    static float[] of(float[] x, int from, int inputs) {
        int words = inputs / CODES;
        float[] planes = new float[size(inputs)];
        for (int word = 0; word < words; word++) {
            int first = word / LANES * LANES;
            int at = EACH * first + word - Math.clamp(words - LANES, 0, first);
            float sum = 0;
            for (int k = 0; k < CODES; k++) {
                float value = UNIT * x[from + CODES * word + k];
                planes[at + (k + 1) * LANES] = value;
                sum += value;
            }
            planes[at] = -MIDDLE * sum;
        }
        return planes;
    }
}

package dev.fovea.core.kernel;

import static dev.fovea.core.kernel.NativeMemory.ALL;
import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.I2B;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.MAX;

import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops of {@link QuantizedRows} over bf16, which must not be touched where the JVM has no vectors of 256 bits or
 * more.
 */
final class CodeLoops {
    private static final int LANES = BFloat16Lanes.LANES;

    /** Rows hold a multiple of so many elements. */
    static final int GRAIN = 2 * LANES;

    /** Added to a number of at most 22 bits, it is rounded, ties to even, and stands in the low bits of the sum. */
    private static final float ROUND = 0x1.8p23f;

    private static final VectorSpecies<Byte> B =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(BFloat16Lanes.F.vectorBitSize() / Integer.BYTES));
    private static final int EXERCISE_ROWS = 128;
    private static final int EXERCISE_COLUMNS = 1024;

    static final Exercise QUANTIZE = new Exercise(
            4L * EXERCISE_ROWS * EXERCISE_COLUMNS,
            memory -> quantize(
                    memory,
                    EXERCISE_COLUMNS,
                    memory + 2L * EXERCISE_ROWS * EXERCISE_COLUMNS,
                    new float[EXERCISE_ROWS],
                    0,
                    EXERCISE_ROWS));

    static final Exercise SCALE = new Exercise(
            4L * EXERCISE_ROWS * EXERCISE_COLUMNS,
            memory -> scale(memory, EXERCISE_COLUMNS, new float[EXERCISE_ROWS], memory, 0, EXERCISE_ROWS));

    static final Exercise SCALE_SUMS = new Exercise(
            4L * EXERCISE_ROWS * EXERCISE_COLUMNS,
            memory -> scaleSums(
                    memory,
                    EXERCISE_COLUMNS,
                    memory,
                    new float[EXERCISE_ROWS],
                    memory,
                    EXERCISE_COLUMNS,
                    0,
                    EXERCISE_ROWS));

    private CodeLoops() {}

    /**
     * Codes of rows {@code [first, end)}.
     *
     * @param x address of row 0, bf16; rows lie end to end
     * @param codes address of the codes of row 0
     * @param steps receives the step of each row
     */
    static void quantize(long x, int columns, long codes, float[] steps, int first, int end) {
        for (int r = first; r < end; r++) {
            long at = x + 2L * r * columns;
            float most = largest(at, columns);
            steps[r] = QuantizedRows.step(most);
            codes(at, columns, codes + (long) r * columns, QuantizedRows.perStep(most));
        }
    }

    private static float largest(long x, int columns) {
        FloatVector a = FloatVector.zero(BFloat16Lanes.F);
        FloatVector b = a;
        for (int c = 0; c < columns; c += GRAIN) {
            IntVector words = BFloat16Lanes.loadWords(x + 2L * c);
            a = a.max(BFloat16Lanes.even(words).lanewise(ABS));
            b = b.max(BFloat16Lanes.odd(words).lanewise(ABS));
        }
        return a.max(b).reduceLanes(MAX);
    }

    private static void codes(long x, int columns, long codes, float perStep) {
        FloatVector factor = FloatVector.broadcast(BFloat16Lanes.F, perStep);
        FloatVector round = FloatVector.broadcast(BFloat16Lanes.F, ROUND);
        for (int c = 0; c < columns; c += LANES) {
            IntVector bits =
                    BFloat16Lanes.load(x + 2L * c).mul(factor).add(round).reinterpretAsInts();
            ((ByteVector) bits.convertShape(I2B, B, 0)).intoMemorySegment(ALL, codes + c, ByteOrder.LITTLE_ENDIAN);
        }
    }

    /**
     * Sums of rows {@code [first, end)} times the steps of their rows, rounded to bf16.
     *
     * @param sums address of row 0, f32; rows lie end to end
     * @param out address of row 0 of the results, bf16
     */
    static void scale(long sums, int columns, float[] steps, long out, int first, int end) {
        for (int r = first; r < end; r++) {
            FloatVector step = FloatVector.broadcast(BFloat16Lanes.F, steps[r]);
            long from = sums + 4L * r * columns;
            long to = out + 2L * r * columns;
            for (int c = 0; c < columns; c += LANES) {
                BFloat16Lanes.store(BFloat16Lanes.loadFloats(from + 4L * c).mul(step), to + 2L * c);
            }
        }
    }

    /**
     * Sums of a part's columns times the scales of the columns and the steps of their rows, rounded to bf16.
     *
     * @param sums address of row 0, i32; rows lie end to end
     * @param columns of the part, a multiple of the lanes
     * @param scales address of the scales of the part's columns, f32
     * @param out address of the first of the part's results of row 0, bf16
     * @param stride from a row of results to the next, in elements
     */
    static void scaleSums(
            long sums, int columns, long scales, float[] steps, long out, long stride, int first, int end) {
        for (int r = first; r < end; r++) {
            FloatVector step = FloatVector.broadcast(BFloat16Lanes.F, steps[r]);
            long from = sums + 4L * r * columns;
            long to = out + 2L * r * stride;
            for (int c = 0; c < columns; c += LANES) {
                FloatVector sum =
                        (FloatVector) BFloat16Lanes.loadWords(from + 4L * c).convert(I2F, 0);
                FloatVector scaled = sum.mul(BFloat16Lanes.loadFloats(scales + 4L * c));
                BFloat16Lanes.store(scaled.mul(step), to + 2L * c);
            }
        }
    }
}

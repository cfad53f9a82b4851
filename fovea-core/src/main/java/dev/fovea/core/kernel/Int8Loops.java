package dev.fovea.core.kernel;

import static dev.fovea.core.kernel.NativeMemory.ALL;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.B2I;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.I2F;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Dot products of codes in eight bits where they lie, which must not be touched where the JVM has no vectors of 256 bits
 * or more. The JVM has no products of bytes, so codes become f32, in which sums of whole numbers are exact as long as they
 * stay below 2^24: a lane's are handed over before they could not be.
 */
final class Int8Loops {
    private static final VectorSpecies<Float> F = FloatLanes.F;
    private static final int LANES = FloatLanes.COUNT;
    private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Byte> B =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(F.vectorBitSize() / Integer.BYTES));
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    /** Columns whose products a lane can hold: 1,024 of them are at most 1,024 times 127 squared. */
    private static final int EXACT_COLUMNS = 1024 * LANES;

    private static final int ROWS = 8;

    private static final int EXERCISE_ROWS = 128;
    private static final int EXERCISE_COLUMNS = 1024;

    static final Exercise PRODUCTS = exercise();

    private Int8Loops() {}

    /** Codes of zero and inputs of zero; the inputs take four bytes each. */
    private static Exercise exercise() {
        int[] sums = new int[EXERCISE_ROWS];
        return new Exercise(
                (long) EXERCISE_ROWS * EXERCISE_COLUMNS,
                memory -> rows(memory, EXERCISE_COLUMNS, memory, 1, sums, EXERCISE_ROWS, 0, EXERCISE_ROWS));
    }

    /**
     * Adds {@code sum_k w[r][k] * x[v][k]} to {@code sums[v * step + r - from]} for each row in {@code [from, to)}.
     *
     * @param w address of the codes of row 0; rows lie end to end
     * @param x address of the vectors' codes as f32, end to end
     * @param to at least {@link RowKernel#MIN_ROWS} behind {@code from}
     */
    static void rows(long w, int columns, long x, int vectors, int[] sums, int step, int from, int to) {
        for (int first = 0; first < columns; first += EXACT_COLUMNS) {
            int count = Math.min(EXACT_COLUMNS, columns - first) / LANES * LANES;
            for (int v = 0; v < vectors; v++) {
                long in = x + 4L * ((long) v * columns + first);
                ofOne(w + first, columns, count, in, sums, v * step, from, to);
            }
        }
        for (int k = columns / LANES * LANES; k < columns; k++) {
            for (int v = 0; v < vectors; v++) {
                int in = (int) ALL.get(ValueLayout.JAVA_FLOAT_UNALIGNED, x + 4 * ((long) v * columns + k));
                for (int r = from; r < to; r++) {
                    sums[v * step + r - from] += in * ALL.get(ValueLayout.JAVA_BYTE, w + (long) r * columns + k);
                }
            }
        }
    }

    /**
     * The eight rows are the heads of eight streams that run on: eight that lie one behind the other, each of a few hundred
     * bytes, are read at half the rate.
     */
    private static void ofOne(long w, long stride, int count, long x, int[] sums, int at, int from, int to) {
        float[] lanes = new float[ROWS * LANES];
        int apart = (to - from) / ROWS;
        for (int first = 0; first < apart; first++) {
            eightRows(w + (from + first) * stride, apart * stride, count, x, lanes);
            for (int r = 0; r < ROWS; r++) {
                sums[at + first + r * apart] += sum(FloatVector.fromArray(F, lanes, r * LANES));
            }
        }
        if (apart * ROWS < to - from) {
            // The last rows begin before their time; only the new ones count.
            int start = to - from - ROWS;
            eightRows(w + (from + start) * stride, stride, count, x, lanes);
            for (int r = apart * ROWS; r < to - from; r++) {
                sums[at + r] += sum(FloatVector.fromArray(F, lanes, (r - start) * LANES));
            }
        }
    }

    private static FloatVector load(long address) {
        return (FloatVector) ByteVector.fromMemorySegment(B, ALL, address, ORDER)
                .convertShape(B2I, I, 0)
                .convert(I2F, 0);
    }

    private static FloatVector loadFloats(long address) {
        return FloatVector.fromMemorySegment(F, ALL, address, ORDER);
    }

    private static int sum(FloatVector lanes) {
        return ((IntVector) lanes.convert(F2I, 0)).reduceLanes(ADD);
    }

    private static void eightRows(long w, long stride, int count, long x, float[] lanes) {
        FloatVector a = FloatVector.zero(F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        FloatVector e = a;
        FloatVector f = a;
        FloatVector g = a;
        FloatVector h = a;
        for (int i = 0; i < count; i += LANES) {
            FloatVector in = loadFloats(x + 4L * i);
            long p = w + i;
            a = load(p).fma(in, a);
            b = load(p + stride).fma(in, b);
            c = load(p + 2 * stride).fma(in, c);
            d = load(p + 3 * stride).fma(in, d);
            e = load(p + 4 * stride).fma(in, e);
            f = load(p + 5 * stride).fma(in, f);
            g = load(p + 6 * stride).fma(in, g);
            h = load(p + 7 * stride).fma(in, h);
        }
        a.intoArray(lanes, 0);
        b.intoArray(lanes, LANES);
        c.intoArray(lanes, 2 * LANES);
        d.intoArray(lanes, 3 * LANES);
        e.intoArray(lanes, 4 * LANES);
        f.intoArray(lanes, 5 * LANES);
        g.intoArray(lanes, 6 * LANES);
        h.intoArray(lanes, 7 * LANES);
    }
}

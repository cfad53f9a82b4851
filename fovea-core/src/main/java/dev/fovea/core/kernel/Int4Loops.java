package dev.fovea.core.kernel;

import static dev.fovea.core.kernel.NativeMemory.ALL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ROR;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loops of {@link Int4Matrix}, which must not be touched where the JVM has no vectors of 256 bits or more. A 32-bit
 * word holds eight codes of a row, each plus 8, the first in the lowest bits. Four bits at the top of the mantissa of an
 * f32 from 1 to 2 are {@code 1 + code / 16}; so nothing is converted, and 1.5 less is a sixteenth of the signed code.
 */
final class Int4Loops {
    private static final VectorSpecies<Float> F = BFloat16Lanes.F;
    private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final int LANES = BFloat16Lanes.LANES;

    /** Codes of a word. */
    static final int CODES = 8;

    /** Rows that are read at the same time. */
    static final int STREAMS = 4;

    /** Scales that may be read behind the last. */
    static final int PADDING = LANES;

    /** Words whose codes fill a vector, two to each lane. */
    private static final int SPREAD = LANES / 4;

    private static final VectorSpecies<Integer> FEW =
            VectorSpecies.of(int.class, VectorShape.forBitSize(SPREAD * Integer.SIZE));

    /** Each word to the four lanes that take two of its codes each. */
    private static final VectorShuffle<Integer> TO_FOUR_LANES = VectorShuffle.fromOp(I, lane -> lane / 4);

    private static final int BITS = 4;
    private static final int TOP = 19;
    private static final int TO_TOP = Integer.SIZE - TOP;
    private static final int NIBBLE = 0xf << TOP;
    private static final int ONE = 0x3f800000;
    private static final int UPPER = 0xffff0000;
    private static final IntVector EVEN = turns(0);
    private static final IntVector ODD = turns(BITS);
    private static final float MIDDLE = 1.5f;
    private static final float UNIT = 16;

    private static final int EXERCISE_ROWS = 64;
    /** With some that fill no vector. */
    private static final int EXERCISE_WORDS = 512 + 4;

    static final Exercise PRODUCTS = new Exercise(
            4L * EXERCISE_ROWS * EXERCISE_WORDS,
            memory -> products(
                    memory, EXERCISE_WORDS, memory, memory, memory, 32, new float[EXERCISE_ROWS], 0, 0, EXERCISE_ROWS));

    /** Numbers take four times as much memory as their codes. */
    static final Exercise NUMBERS = new Exercise(
            16L * EXERCISE_ROWS * EXERCISE_WORDS,
            memory -> numbers(memory, EXERCISE_WORDS, memory, 32, memory, 0, EXERCISE_ROWS));

    private Int4Loops() {}

    private static IntVector turns(int from) {
        int[] turns = new int[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            turns[lane] = Math.floorMod(8 * (lane % 4) + from - TOP, Integer.SIZE);
        }
        return IntVector.fromArray(I, turns, 0);
    }

    /**
     * Products of one vector with rows {@code [first, end)}, which are read as four streams: measured against one, that
     * keeps more of the memory's reads on their way and reads inputs a quarter as often.
     *
     * @param w address of the words of row 0; rows lie end to end
     * @param x address of the vector as f32, elements of the same place in their words together: {@code [8][words]}
     * @param offsets address of f32 {@code [words]}: for each word -1.5 times the sum of its eight elements
     * @param scales address of the scales of row 0, bf16; rows lie end to end, {@link #PADDING} more can be read
     * @param sums receives one for each row, that of row 0 at {@code to}
     * @param end at least {@link #STREAMS}
     */
    static void products(
            long w, int words, long x, long offsets, long scales, int group, float[] sums, int to, int first, int end) {
        Rows rows = new Rows(w, words, scales, group, scaleOfLane(group), new float[STREAMS * LANES]);
        int apart = (end - first) / STREAMS;
        for (int r = first; r < first + apart; r++) {
            rows.multiply(x, offsets, r, apart, sums, to);
        }
        if (first + STREAMS * apart < end) {
            // A rest shorter than the streams begins before its time.
            rows.multiply(x, offsets, end - STREAMS, 1, sums, to);
        }
    }

    /** For each lane the scale of its word, counted from that of the vector's first. */
    private static VectorShuffle<Float> scaleOfLane(int group) {
        int words = group / CODES;
        return VectorShuffle.fromOp(F, lane -> lane / words);
    }

    /** Rows of codes, and room for the lanes of as many sums as there are streams. */
    private record Rows(long w, int words, long scales, int group, VectorShuffle<Float> ofLane, float[] lanes) {
        /** Row {@code row} and those {@code apart} behind one another. */
        void multiply(long x, long offsets, int row, int apart, float[] sums, int to) {
            long groups = (long) words * CODES / group;
            long at = w + 4L * words * row;
            long step = 4L * words * apart;
            long scale = scales + 2 * groups * row;
            long scaleStep = 2 * groups * apart;
            int shift = Integer.numberOfTrailingZeros(group / CODES);
            streams(at, step, words, x, offsets, scale, scaleStep, shift, ofLane, lanes);
            int done = words / LANES * LANES;
            if (done < words) {
                for (int s = 0; s < STREAMS; s++) {
                    rest(
                            at + s * step,
                            words,
                            done,
                            x,
                            offsets,
                            scale + s * scaleStep,
                            shift,
                            ofLane,
                            lanes,
                            s * LANES);
                }
            }
            for (int s = 0; s < STREAMS; s++) {
                sums[to + row + s * apart] = UNIT * LaneSum.of(lanes, s * LANES, LANES);
            }
        }
    }

    /** Four rows; written out, as it says at {@link BFloat16Rows}. The next code turns to its place in the mantissa. */
    private static void streams(
            long w,
            long step,
            int words,
            long x,
            long offsets,
            long scales,
            long scaleStep,
            int shift,
            VectorShuffle<Float> ofLane,
            float[] lanes) {
        FloatVector sumA = FloatVector.zero(F);
        FloatVector sumB = sumA;
        FloatVector sumC = sumA;
        FloatVector sumD = sumA;
        for (int i = 0; i <= words - LANES; i += LANES) {
            long at = w + 4L * i;
            IntVector t = IntVector.fromMemorySegment(I, ALL, at, ORDER).lanewise(ROR, TO_TOP);
            IntVector u = IntVector.fromMemorySegment(I, ALL, at + step, ORDER).lanewise(ROR, TO_TOP);
            IntVector v =
                    IntVector.fromMemorySegment(I, ALL, at + 2 * step, ORDER).lanewise(ROR, TO_TOP);
            IntVector y =
                    IntVector.fromMemorySegment(I, ALL, at + 3 * step, ORDER).lanewise(ROR, TO_TOP);
            FloatVector a = FloatVector.fromMemorySegment(F, ALL, offsets + 4L * i, ORDER);
            FloatVector b = a;
            FloatVector c = a;
            FloatVector d = a;
            for (int k = 0; k < CODES; k++) {
                FloatVector in = FloatVector.fromMemorySegment(F, ALL, x + 4L * (k * words + i), ORDER);
                a = t.and(NIBBLE).or(ONE).reinterpretAsFloats().fma(in, a);
                b = u.and(NIBBLE).or(ONE).reinterpretAsFloats().fma(in, b);
                c = v.and(NIBBLE).or(ONE).reinterpretAsFloats().fma(in, c);
                d = y.and(NIBBLE).or(ONE).reinterpretAsFloats().fma(in, d);
                t = t.lanewise(ROR, BITS);
                u = u.lanewise(ROR, BITS);
                v = v.lanewise(ROR, BITS);
                y = y.lanewise(ROR, BITS);
            }
            long scale = scales + 2L * (i >> shift);
            sumA = a.fma(BFloat16Lanes.load(scale).rearrange(ofLane), sumA);
            sumB = b.fma(BFloat16Lanes.load(scale + scaleStep).rearrange(ofLane), sumB);
            sumC = c.fma(BFloat16Lanes.load(scale + 2 * scaleStep).rearrange(ofLane), sumC);
            sumD = d.fma(BFloat16Lanes.load(scale + 3 * scaleStep).rearrange(ofLane), sumD);
        }
        sumA.intoArray(lanes, 0);
        sumB.intoArray(lanes, LANES);
        sumC.intoArray(lanes, 2 * LANES);
        sumD.intoArray(lanes, 3 * LANES);
    }

    /** Adds what the words from {@code i} on, which fill no vector, add to the lanes of one row. */
    private static void rest(
            long w,
            int words,
            int i,
            long x,
            long offsets,
            long scales,
            int shift,
            VectorShuffle<Float> ofLane,
            float[] lanes,
            int at) {
        VectorMask<Integer> there = I.indexInRange(i, words);
        VectorMask<Float> inputs = F.indexInRange(i, words);
        IntVector t =
                IntVector.fromMemorySegment(I, ALL, w + 4L * i, ORDER, there).lanewise(ROR, TO_TOP);
        FloatVector a = FloatVector.fromMemorySegment(F, ALL, offsets + 4L * i, ORDER, inputs);
        for (int k = 0; k < CODES; k++) {
            FloatVector in = FloatVector.fromMemorySegment(F, ALL, x + 4L * (k * words + i), ORDER, inputs);
            a = t.and(NIBBLE).or(ONE).reinterpretAsFloats().fma(in, a);
            t = t.lanewise(ROR, BITS);
        }
        FloatVector scale = BFloat16Lanes.load(scales + 2L * (i >> shift)).rearrange(ofLane);
        a.fma(scale, FloatVector.fromArray(F, lanes, at)).intoArray(lanes, at);
    }

    /**
     * The numbers that rows {@code [first, end)} stand for, rounded to bf16.
     *
     * @param w as above
     * @param out address of the numbers of row 0
     */
    static void numbers(long w, int words, long scales, int group, long out, int first, int end) {
        int groups = words * CODES / group;
        for (int r = first; r < end; r++) {
            long scalesOfRow = scales + 2L * r * groups;
            for (int g = 0; g < groups; g++) {
                long word = (long) r * words + (long) g * group / CODES;
                float scale = UNIT
                        * Float.intBitsToFloat(ALL.get(ValueLayout.JAVA_SHORT_UNALIGNED, scalesOfRow + 2L * g) << 16);
                ofGroup(w + 4 * word, group / CODES, scale, out + 2 * CODES * word);
            }
        }
    }

    private static void ofGroup(long w, int words, float scale, long out) {
        FloatVector factor = FloatVector.broadcast(F, scale);
        FloatVector less = FloatVector.broadcast(F, -MIDDLE * scale);
        for (int i = 0; i < words; i += SPREAD) {
            IntVector few = IntVector.fromMemorySegment(FEW, ALL, w + 4L * i, ORDER);
            IntVector u = ((IntVector) few.reinterpretShape(I, 0)).rearrange(TO_FOUR_LANES);
            IntVector even = bits(u.lanewise(ROR, EVEN)
                    .and(NIBBLE)
                    .or(ONE)
                    .reinterpretAsFloats()
                    .fma(factor, less));
            IntVector odd = bits(u.lanewise(ROR, ODD)
                    .and(NIBBLE)
                    .or(ONE)
                    .reinterpretAsFloats()
                    .fma(factor, less));
            even.lanewise(LSHR, 16).or(odd.and(UPPER)).intoMemorySegment(ALL, out + 2L * CODES * i, ORDER);
        }
    }

    /** With what rounding to bf16 carries into the upper half. */
    private static IntVector bits(FloatVector x) {
        IntVector bits = x.reinterpretAsInts();
        return bits.add(bits.lanewise(LSHR, 16).and(1)).add(0x7fff);
    }
}

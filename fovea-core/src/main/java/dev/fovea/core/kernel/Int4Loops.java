package dev.fovea.core.kernel;

import static dev.fovea.core.kernel.NativeMemory.ALL;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ROR;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
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
    static final int CODES = Int4Matrix.CODES;

    /** Rows that are read at the same time. */
    static final int STREAMS = 4;

    /** Scales that may be read behind the last. */
    static final int PADDING = 2 * LANES;

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
                    memory, EXERCISE_WORDS, memory, memory, 32, new float[EXERCISE_ROWS], 0, 0, EXERCISE_ROWS));

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
     * Products of one vector with rows {@code [first, end)}, which are read as four streams: measured against one and eight,
     * that reads inputs seldom enough and keeps most of the memory's reads on their way.
     *
     * @param w address of the words of row 0; rows lie end to end
     * @param x address of the vector as {@link WordPlanes}
     * @param scales address of the scales of row 0, bf16; rows lie end to end, {@link #PADDING} more can be read
     * @param sums receives one for each row, that of row 0 at {@code to}
     * @param end at least {@link #STREAMS}
     */
    static void products(long w, int words, long x, long scales, int group, float[] sums, int to, int first, int end) {
        Rows rows = new Rows(w, words, x, scales, group);
        float[] lanes = LaneRoom.floats();
        for (int from = first; from < end; from += LaneRoom.ROWS) {
            // A last part shorter than the streams begins before its time.
            int start = Math.min(from, end - STREAMS);
            int until = Math.min(from + LaneRoom.ROWS, end);
            int apart = (until - start) / STREAMS;
            for (int r = 0; r < apart; r++) {
                rows.multiply(start + r, apart, lanes, r * LANES);
            }
            if (STREAMS * apart < until - start) {
                rows.multiply(until - STREAMS, 1, lanes, (until - STREAMS - start) * LANES);
            }
            LaneSum.ofRows(lanes, 0, until - start, sums, to + start);
        }
    }

    /** Rows of codes, and what they are multiplied by. */
    private record Rows(long w, int words, long x, long scales, int group) {
        /** Row {@code row} and those {@code apart} behind one another, whose lanes go as far apart from {@code out} on. */
        void multiply(int row, int apart, float[] lanes, int out) {
            long groups = (long) words * CODES / group;
            long at = w + 4L * words * row;
            long step = 4L * words * apart;
            long scale = scales + 2 * groups * row;
            long scaleStep = 2 * groups * apart;
            int shift = Integer.numberOfTrailingZeros(group / CODES);
            ScaleOfLane of = ScaleOfLane.ofGroups(group / CODES);
            if (words >= LANES) {
                streams(at, step, words, x, scale, scaleStep, shift, of.word, of.toTop, lanes, out, apart * LANES);
                return;
            }
            for (int s = 0; s < STREAMS; s++) {
                narrow(at + s * step, words, x, scale + s * scaleStep, of, lanes, out + s * apart * LANES);
            }
        }
    }

    /**
     * How lanes find the scales of their words: which 32 bits hold it, counted from the scale of the vector's first word, and
     * how far it is from their top.
     */
    private record ScaleOfLane(VectorShuffle<Integer> word, IntVector toTop) {
        /** For groups of 4, 8, and 16 or more words. */
        private static final ScaleOfLane[] KNOWN = {of(4), of(8), of(16)};

        private static ScaleOfLane of(int words) {
            int[] toTop = new int[LANES];
            for (int lane = 0; lane < LANES; lane++) {
                toTop[lane] = lane / words % 2 == 0 ? Short.SIZE : 0;
            }
            return new ScaleOfLane(VectorShuffle.fromOp(I, lane -> lane / words / 2), IntVector.fromArray(I, toTop, 0));
        }

        /** @param words of a group, a power of two, at least 4 */
        static ScaleOfLane ofGroups(int words) {
            return KNOWN[Math.min(Integer.numberOfTrailingZeros(words) - 2, KNOWN.length - 1)];
        }
    }

    /** Four rows; written out, as it says at {@link BFloat16Rows}. The next code turns to its place in the mantissa. */
    private static void streams(
            long w,
            long step,
            int words,
            long x,
            long scales,
            long scaleStep,
            int shift,
            VectorShuffle<Integer> ofLane,
            IntVector toTop,
            float[] lanes,
            int out,
            int outStep) {
        FloatVector sumA = FloatVector.zero(F);
        FloatVector sumB = sumA;
        FloatVector sumC = sumA;
        FloatVector sumD = sumA;
        for (int i = 0; i < words; i += LANES) {
            int word = Math.min(i, words - LANES);
            long at = w + 4L * word;
            IntVector t = IntVector.fromMemorySegment(I, ALL, at, ORDER).lanewise(ROR, TO_TOP);
            IntVector u = IntVector.fromMemorySegment(I, ALL, at + step, ORDER).lanewise(ROR, TO_TOP);
            IntVector v =
                    IntVector.fromMemorySegment(I, ALL, at + 2 * step, ORDER).lanewise(ROR, TO_TOP);
            IntVector y =
                    IntVector.fromMemorySegment(I, ALL, at + 3 * step, ORDER).lanewise(ROR, TO_TOP);
            long inputs = x + 4L * (CODES + 1) * i;
            FloatVector a = FloatVector.fromMemorySegment(F, ALL, inputs, ORDER);
            FloatVector b = a;
            FloatVector c = a;
            FloatVector d = a;
            for (int k = 1; k <= CODES; k++) {
                FloatVector in = FloatVector.fromMemorySegment(F, ALL, inputs + 4L * LANES * k, ORDER);
                a = t.and(NIBBLE).or(ONE).reinterpretAsFloats().fma(in, a);
                b = u.and(NIBBLE).or(ONE).reinterpretAsFloats().fma(in, b);
                c = v.and(NIBBLE).or(ONE).reinterpretAsFloats().fma(in, c);
                d = y.and(NIBBLE).or(ONE).reinterpretAsFloats().fma(in, d);
                t = t.lanewise(ROR, BITS);
                u = u.lanewise(ROR, BITS);
                v = v.lanewise(ROR, BITS);
                y = y.lanewise(ROR, BITS);
            }
            long scale = scales + 2L * (word >> shift);
            t = IntVector.fromMemorySegment(I, ALL, scale, ORDER).rearrange(ofLane);
            u = IntVector.fromMemorySegment(I, ALL, scale + scaleStep, ORDER).rearrange(ofLane);
            v = IntVector.fromMemorySegment(I, ALL, scale + 2 * scaleStep, ORDER)
                    .rearrange(ofLane);
            y = IntVector.fromMemorySegment(I, ALL, scale + 3 * scaleStep, ORDER)
                    .rearrange(ofLane);
            sumA = a.fma(t.lanewise(LSHL, toTop).and(UPPER).reinterpretAsFloats(), sumA);
            sumB = b.fma(u.lanewise(LSHL, toTop).and(UPPER).reinterpretAsFloats(), sumB);
            sumC = c.fma(v.lanewise(LSHL, toTop).and(UPPER).reinterpretAsFloats(), sumC);
            sumD = d.fma(y.lanewise(LSHL, toTop).and(UPPER).reinterpretAsFloats(), sumD);
        }
        sumA.intoArray(lanes, out);
        sumB.intoArray(lanes, out + outStep);
        sumC.intoArray(lanes, out + 2 * outStep);
        sumD.intoArray(lanes, out + 3 * outStep);
    }

    /** One row whose words fill no vector. */
    private static void narrow(long w, int words, long x, long scales, ScaleOfLane of, float[] lanes, int out) {
        IntVector t = IntVector.fromMemorySegment(I, ALL, w, ORDER, I.indexInRange(0, words))
                .lanewise(ROR, TO_TOP);
        FloatVector a = FloatVector.fromMemorySegment(F, ALL, x, ORDER);
        for (int k = 1; k <= CODES; k++) {
            FloatVector in = FloatVector.fromMemorySegment(F, ALL, x + 4L * LANES * k, ORDER);
            a = t.and(NIBBLE).or(ONE).reinterpretAsFloats().fma(in, a);
            t = t.lanewise(ROR, BITS);
        }
        IntVector scale = IntVector.fromMemorySegment(I, ALL, scales, ORDER)
                .rearrange(of.word)
                .lanewise(LSHL, of.toTop);
        a.mul(scale.and(UPPER).reinterpretAsFloats()).intoArray(lanes, out);
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

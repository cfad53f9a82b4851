package dev.fovea.core.kernel;

import static dev.fovea.core.kernel.NativeMemory.ALL;
import static jdk.incubator.vector.VectorOperators.LSHL;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * bf16 weights. A bf16 is the upper half of an f32, so a 32-bit word holds two: shifted left it is the even element as
 * f32, with its lower half cleared it is the odd one. Inputs are taken apart in the same way, so nothing is shuffled, and
 * as bf16 they leave the first-level cache to the weights. Little-endian machines only.
 */
final class BFloat16Rows extends StreamedRows {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    private static final int LANES = F.length();
    private static final long STEP = 4L * LANES;
    private static final int UPPER = 0xffff0000;

    @Override
    public int weightBytes() {
        return 2;
    }

    /** For several vectors libtorch's matrix units are as fast. */
    @Override
    public int maxVectors() {
        return 1;
    }

    @Override
    int columnsAtOnce() {
        return 2 * LANES;
    }

    /**
     * Eight rows, one word of lanes at a time: measured against one to sixteen rows and up to four words, this keeps the
     * most of the memory's reads on their way. Written out without methods of its own: this is as much as the compiler is
     * willing to inline into one loop, and a vector that crosses a call is an object. With those of {@link BFloat16Lanes},
     * which do the same, it was four times slower.
     */
    @Override
    void eightRows(long w, long stride, int columns, long x, float[] lanes, int out, int step) {
        int words = columns / 2;
        FloatVector a = FloatVector.zero(F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        FloatVector e = a;
        FloatVector f = a;
        FloatVector g = a;
        FloatVector h = a;
        int i = 0;
        for (; i <= words - LANES; i += LANES) {
            long at = 4L * i;
            IntVector v = IntVector.fromMemorySegment(I, ALL, x + at, ORDER);
            FloatVector even = v.lanewise(LSHL, 16).reinterpretAsFloats();
            FloatVector odd = v.and(UPPER).reinterpretAsFloats();
            long p = w + at;
            v = IntVector.fromMemorySegment(I, ALL, p, ORDER);
            a = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(even, a);
            a = v.and(UPPER).reinterpretAsFloats().fma(odd, a);
            v = IntVector.fromMemorySegment(I, ALL, p + stride, ORDER);
            b = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(even, b);
            b = v.and(UPPER).reinterpretAsFloats().fma(odd, b);
            v = IntVector.fromMemorySegment(I, ALL, p + 2 * stride, ORDER);
            c = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(even, c);
            c = v.and(UPPER).reinterpretAsFloats().fma(odd, c);
            v = IntVector.fromMemorySegment(I, ALL, p + 3 * stride, ORDER);
            d = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(even, d);
            d = v.and(UPPER).reinterpretAsFloats().fma(odd, d);
            v = IntVector.fromMemorySegment(I, ALL, p + 4 * stride, ORDER);
            e = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(even, e);
            e = v.and(UPPER).reinterpretAsFloats().fma(odd, e);
            v = IntVector.fromMemorySegment(I, ALL, p + 5 * stride, ORDER);
            f = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(even, f);
            f = v.and(UPPER).reinterpretAsFloats().fma(odd, f);
            v = IntVector.fromMemorySegment(I, ALL, p + 6 * stride, ORDER);
            g = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(even, g);
            g = v.and(UPPER).reinterpretAsFloats().fma(odd, g);
            v = IntVector.fromMemorySegment(I, ALL, p + 7 * stride, ORDER);
            h = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(even, h);
            h = v.and(UPPER).reinterpretAsFloats().fma(odd, h);
        }
        a.intoArray(lanes, out);
        b.intoArray(lanes, out + step);
        c.intoArray(lanes, out + 2 * step);
        d.intoArray(lanes, out + 3 * step);
        e.intoArray(lanes, out + 4 * step);
        f.intoArray(lanes, out + 5 * step);
        g.intoArray(lanes, out + 6 * step);
        h.intoArray(lanes, out + 7 * step);
    }

    @Override
    public void weigh(long rows, int columns, float[] shares, int count, float[] out) {
        int c = 0;
        for (; c <= columns - 8 * LANES; c += 8 * LANES) {
            fourWords(rows + 2L * c, 2L * columns, shares, count, out, c);
        }
        for (; c <= columns - 2 * LANES; c += 2 * LANES) {
            oneWord(rows + 2L * c, 2L * columns, shares, count, out, c);
        }
        for (; c < columns; c++) {
            float sum = 0;
            for (int r = 0; r < count; r++) {
                sum += shares[r] * element(rows + 2L * r * columns, c);
            }
            out[c] = sum;
        }
    }

    private static void fourWords(long at, long stride, float[] shares, int count, float[] out, int column) {
        FloatVector even0 = FloatVector.zero(F);
        FloatVector odd0 = even0;
        FloatVector even1 = even0;
        FloatVector odd1 = even0;
        FloatVector even2 = even0;
        FloatVector odd2 = even0;
        FloatVector even3 = even0;
        FloatVector odd3 = even0;
        for (int r = 0; r < count; r++) {
            FloatVector share = FloatVector.broadcast(F, shares[r]);
            long p = at + r * stride;
            IntVector v = IntVector.fromMemorySegment(I, ALL, p, ORDER);
            even0 = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(share, even0);
            odd0 = v.and(UPPER).reinterpretAsFloats().fma(share, odd0);
            v = IntVector.fromMemorySegment(I, ALL, p + STEP, ORDER);
            even1 = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(share, even1);
            odd1 = v.and(UPPER).reinterpretAsFloats().fma(share, odd1);
            v = IntVector.fromMemorySegment(I, ALL, p + 2 * STEP, ORDER);
            even2 = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(share, even2);
            odd2 = v.and(UPPER).reinterpretAsFloats().fma(share, odd2);
            v = IntVector.fromMemorySegment(I, ALL, p + 3 * STEP, ORDER);
            even3 = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(share, even3);
            odd3 = v.and(UPPER).reinterpretAsFloats().fma(share, odd3);
        }
        interleave(even0, odd0, out, column);
        interleave(even1, odd1, out, column + 2 * LANES);
        interleave(even2, odd2, out, column + 4 * LANES);
        interleave(even3, odd3, out, column + 6 * LANES);
    }

    private static void oneWord(long at, long stride, float[] shares, int count, float[] out, int column) {
        FloatVector even = FloatVector.zero(F);
        FloatVector odd = even;
        for (int r = 0; r < count; r++) {
            FloatVector share = FloatVector.broadcast(F, shares[r]);
            IntVector v = IntVector.fromMemorySegment(I, ALL, at + r * stride, ORDER);
            even = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(share, even);
            odd = v.and(UPPER).reinterpretAsFloats().fma(share, odd);
        }
        interleave(even, odd, out, column);
    }

    private static void interleave(FloatVector even, FloatVector odd, float[] out, int column) {
        float[] apart = new float[2 * LANES];
        even.intoArray(apart, 0);
        odd.intoArray(apart, LANES);
        for (int i = 0; i < LANES; i++) {
            out[column + 2 * i] = apart[i];
            out[column + 2 * i + 1] = apart[LANES + i];
        }
    }

    @Override
    float element(long address, int index) {
        return Float.intBitsToFloat(ALL.get(ValueLayout.JAVA_SHORT_UNALIGNED, address + 2L * index) << 16);
    }
}

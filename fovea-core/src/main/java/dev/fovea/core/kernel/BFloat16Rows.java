package dev.fovea.core.kernel;

import static dev.fovea.core.kernel.NativeMemory.ALL;
import static jdk.incubator.vector.VectorOperators.ADD;
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
final class BFloat16Rows implements RowKernel {
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
    public void rows(long weight, int columns, long x, int vectors, float[] out, int outStride, int from, int to) {
        long stride = 2L * columns;
        for (int r = from; r < to; r += 4) {
            int row = Math.min(r, to - 4);
            fourRows(weight + row * stride, stride, columns, x, out, row);
        }
    }

    /**
     * Four rows, two words of lanes at a time. Written out without methods of its own: this is as much as the compiler is
     * willing to inline into one loop, and a vector that crosses a call is an object.
     */
    private static void fourRows(long w, long stride, int columns, long x, float[] out, int row) {
        int words = columns / 2;
        FloatVector a0 = FloatVector.zero(F);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector b2 = a0;
        FloatVector b3 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector c2 = a0;
        FloatVector c3 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        FloatVector d2 = a0;
        FloatVector d3 = a0;
        int i = 0;
        for (; i <= words - 2 * LANES; i += 2 * LANES) {
            long at = 4L * i;
            IntVector v = IntVector.fromMemorySegment(I, ALL, x + at, ORDER);
            FloatVector e0 = v.lanewise(LSHL, 16).reinterpretAsFloats();
            FloatVector o0 = v.and(UPPER).reinterpretAsFloats();
            v = IntVector.fromMemorySegment(I, ALL, x + at + STEP, ORDER);
            FloatVector e1 = v.lanewise(LSHL, 16).reinterpretAsFloats();
            FloatVector o1 = v.and(UPPER).reinterpretAsFloats();
            long p = w + at;
            long q = p + STEP;
            v = IntVector.fromMemorySegment(I, ALL, p, ORDER);
            a0 = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(e0, a0);
            a1 = v.and(UPPER).reinterpretAsFloats().fma(o0, a1);
            v = IntVector.fromMemorySegment(I, ALL, q, ORDER);
            a2 = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(e1, a2);
            a3 = v.and(UPPER).reinterpretAsFloats().fma(o1, a3);
            v = IntVector.fromMemorySegment(I, ALL, p + stride, ORDER);
            b0 = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(e0, b0);
            b1 = v.and(UPPER).reinterpretAsFloats().fma(o0, b1);
            v = IntVector.fromMemorySegment(I, ALL, q + stride, ORDER);
            b2 = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(e1, b2);
            b3 = v.and(UPPER).reinterpretAsFloats().fma(o1, b3);
            v = IntVector.fromMemorySegment(I, ALL, p + 2 * stride, ORDER);
            c0 = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(e0, c0);
            c1 = v.and(UPPER).reinterpretAsFloats().fma(o0, c1);
            v = IntVector.fromMemorySegment(I, ALL, q + 2 * stride, ORDER);
            c2 = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(e1, c2);
            c3 = v.and(UPPER).reinterpretAsFloats().fma(o1, c3);
            v = IntVector.fromMemorySegment(I, ALL, p + 3 * stride, ORDER);
            d0 = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(e0, d0);
            d1 = v.and(UPPER).reinterpretAsFloats().fma(o0, d1);
            v = IntVector.fromMemorySegment(I, ALL, q + 3 * stride, ORDER);
            d2 = v.lanewise(LSHL, 16).reinterpretAsFloats().fma(e1, d2);
            d3 = v.and(UPPER).reinterpretAsFloats().fma(o1, d3);
        }
        out[row] = a0.add(a1).add(a2.add(a3)).reduceLanes(ADD);
        out[row + 1] = b0.add(b1).add(b2.add(b3)).reduceLanes(ADD);
        out[row + 2] = c0.add(c1).add(c2.add(c3)).reduceLanes(ADD);
        out[row + 3] = d0.add(d1).add(d2.add(d3)).reduceLanes(ADD);
        if (2 * i < columns) {
            for (int r = 0; r < 4; r++) {
                out[row + r] += rest(w + r * stride, x, 2 * i, columns);
            }
        }
    }

    /** The columns from {@code done} on, which fill no vector. */
    private static float rest(long w, long x, int done, int columns) {
        float sum = 0;
        for (int k = done; k < columns; k++) {
            sum += element(w, k) * element(x, k);
        }
        return sum;
    }

    private static float element(long address, int index) {
        return Float.intBitsToFloat(ALL.get(ValueLayout.JAVA_SHORT_UNALIGNED, address + 2L * index) << 16);
    }
}

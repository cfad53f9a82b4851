package dev.fovea.core.kernel;

import static dev.fovea.core.kernel.NativeMemory.ALL;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** f32 weights. Four rows at a time: several streams keep the hardware's prefetchers busy, and share the inputs. */
final class FloatRows implements RowKernel {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = F.length();
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    @Override
    public int weightBytes() {
        return Float.BYTES;
    }

    @Override
    public int maxVectors() {
        return 4;
    }

    @Override
    public void rows(long weight, int columns, long x, int vectors, float[] out, int outStride, int from, int to) {
        long stride = 4L * columns;
        int group = vectors > 2 ? 2 : 4;
        LaneSum sum = new LaneSum(LANES);
        for (int r = from; r < to; r += group) {
            int row = Math.min(r, to - group);
            long w = weight + row * stride;
            switch (vectors) {
                case 1 -> oneVector(w, stride, columns, x, out, row, sum);
                case 2 -> twoVectors(w, stride, columns, x, out, row, outStride, sum);
                default -> fourVectors(w, stride, columns, x, vectors, out, row, outStride, sum);
            }
        }
    }

    @Override
    public void weigh(long rows, int columns, float[] shares, int count, float[] out) {
        long stride = 4L * columns;
        int c = 0;
        for (; c <= columns - 4 * LANES; c += 4 * LANES) {
            fourVectorsOfColumns(rows + 4L * c, stride, shares, count, out, c);
        }
        for (; c < columns; c++) {
            float sum = 0;
            for (int r = 0; r < count; r++) {
                sum += shares[r] * element(rows + r * stride, c);
            }
            out[c] = sum;
        }
    }

    private static void fourVectorsOfColumns(long at, long stride, float[] shares, int count, float[] out, int column) {
        FloatVector a = FloatVector.zero(F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (int r = 0; r < count; r++) {
            FloatVector share = FloatVector.broadcast(F, shares[r]);
            long p = at + r * stride;
            a = load(p).fma(share, a);
            b = load(p + 4L * LANES).fma(share, b);
            c = load(p + 8L * LANES).fma(share, c);
            d = load(p + 12L * LANES).fma(share, d);
        }
        a.intoArray(out, column);
        b.intoArray(out, column + LANES);
        c.intoArray(out, column + 2 * LANES);
        d.intoArray(out, column + 3 * LANES);
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(F, ALL, address, ORDER);
    }

    private static void oneVector(long w, long stride, int columns, long x, float[] out, int row, LaneSum sum) {
        FloatVector a0 = FloatVector.zero(F);
        FloatVector a1 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        int i = 0;
        for (; i <= columns - 2 * LANES; i += 2 * LANES) {
            long p = w + 4L * i;
            long q = p + 4L * LANES;
            FloatVector x0 = load(x + 4L * i);
            FloatVector x1 = load(x + 4L * (i + LANES));
            a0 = load(p).fma(x0, a0);
            a1 = load(q).fma(x1, a1);
            b0 = load(p + stride).fma(x0, b0);
            b1 = load(q + stride).fma(x1, b1);
            c0 = load(p + 2 * stride).fma(x0, c0);
            c1 = load(q + 2 * stride).fma(x1, c1);
            d0 = load(p + 3 * stride).fma(x0, d0);
            d1 = load(q + 3 * stride).fma(x1, d1);
        }
        out[row] = total(sum, a0.add(a1), w, x, i, columns);
        out[row + 1] = total(sum, b0.add(b1), w + stride, x, i, columns);
        out[row + 2] = total(sum, c0.add(c1), w + 2 * stride, x, i, columns);
        out[row + 3] = total(sum, d0.add(d1), w + 3 * stride, x, i, columns);
    }

    private static void twoVectors(
            long w, long stride, int columns, long x, float[] out, int row, int outStride, LaneSum sum) {
        long y = x + stride;
        FloatVector a0 = FloatVector.zero(F);
        FloatVector a1 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector c0 = a0;
        FloatVector c1 = a0;
        FloatVector d0 = a0;
        FloatVector d1 = a0;
        int i = 0;
        for (; i <= columns - LANES; i += LANES) {
            long p = w + 4L * i;
            FloatVector x0 = load(x + 4L * i);
            FloatVector y0 = load(y + 4L * i);
            FloatVector v = load(p);
            a0 = v.fma(x0, a0);
            a1 = v.fma(y0, a1);
            v = load(p + stride);
            b0 = v.fma(x0, b0);
            b1 = v.fma(y0, b1);
            v = load(p + 2 * stride);
            c0 = v.fma(x0, c0);
            c1 = v.fma(y0, c1);
            v = load(p + 3 * stride);
            d0 = v.fma(x0, d0);
            d1 = v.fma(y0, d1);
        }
        out[row] = total(sum, a0, w, x, i, columns);
        out[row + 1] = total(sum, b0, w + stride, x, i, columns);
        out[row + 2] = total(sum, c0, w + 2 * stride, x, i, columns);
        out[row + 3] = total(sum, d0, w + 3 * stride, x, i, columns);
        int second = outStride + row;
        out[second] = total(sum, a1, w, y, i, columns);
        out[second + 1] = total(sum, b1, w + stride, y, i, columns);
        out[second + 2] = total(sum, c1, w + 2 * stride, y, i, columns);
        out[second + 3] = total(sum, d1, w + 3 * stride, y, i, columns);
    }

    private static void fourVectors(
            long w, long stride, int columns, long x0, int vectors, float[] out, int row, int outStride, LaneSum sum) {
        long x1 = x0 + stride;
        long x2 = x1 + stride;
        // Three vectors are four of which the last is computed twice.
        long x3 = vectors == 3 ? x2 : x2 + stride;
        int last = (vectors - 1) * outStride + row;
        FloatVector a0 = FloatVector.zero(F);
        FloatVector a1 = a0;
        FloatVector a2 = a0;
        FloatVector a3 = a0;
        FloatVector b0 = a0;
        FloatVector b1 = a0;
        FloatVector b2 = a0;
        FloatVector b3 = a0;
        int i = 0;
        for (; i <= columns - LANES; i += LANES) {
            FloatVector v = load(w + 4L * i);
            FloatVector u = load(w + stride + 4L * i);
            FloatVector in = load(x0 + 4L * i);
            a0 = v.fma(in, a0);
            b0 = u.fma(in, b0);
            in = load(x1 + 4L * i);
            a1 = v.fma(in, a1);
            b1 = u.fma(in, b1);
            in = load(x2 + 4L * i);
            a2 = v.fma(in, a2);
            b2 = u.fma(in, b2);
            in = load(x3 + 4L * i);
            a3 = v.fma(in, a3);
            b3 = u.fma(in, b3);
        }
        out[row] = total(sum, a0, w, x0, i, columns);
        out[row + 1] = total(sum, b0, w + stride, x0, i, columns);
        out[outStride + row] = total(sum, a1, w, x1, i, columns);
        out[outStride + row + 1] = total(sum, b1, w + stride, x1, i, columns);
        out[2 * outStride + row] = total(sum, a2, w, x2, i, columns);
        out[2 * outStride + row + 1] = total(sum, b2, w + stride, x2, i, columns);
        out[last] = total(sum, a3, w, x3, i, columns);
        out[last + 1] = total(sum, b3, w + stride, x3, i, columns);
    }

    /** The lanes' sum plus the columns from {@code done} on, which fill no vector. */
    private static float total(LaneSum lanesSum, FloatVector lanes, long w, long x, int done, int columns) {
        float sum = lanesSum.of(lanes);
        for (int i = done; i < columns; i++) {
            sum += element(w, i) * element(x, i);
        }
        return sum;
    }

    private static float element(long address, int index) {
        return ALL.get(ValueLayout.JAVA_FLOAT_UNALIGNED, address + 4L * index);
    }
}

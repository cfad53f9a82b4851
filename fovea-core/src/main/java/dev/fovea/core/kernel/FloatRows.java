package dev.fovea.core.kernel;

import static dev.fovea.core.kernel.NativeMemory.ALL;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** f32 weights. Written out for the reasons given in {@link BFloat16Rows}. */
final class FloatRows extends StreamedRows {
    private static final VectorSpecies<Float> F = FloatLanes.F;
    private static final int LANES = FloatLanes.COUNT;
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
    int columnsAtOnce() {
        return LANES;
    }

    @Override
    public void weigh(long rows, int columns, float[] shares, int count, float[] out) {
        long stride = 4L * columns;
        int c = 0;
        for (; c <= columns - 4 * LANES; c += 4 * LANES) {
            fourVectorsOfColumns(rows + 4L * c, stride, shares, count, out, c);
        }
        for (; c <= columns - LANES; c += LANES) {
            oneVectorOfColumns(rows + 4L * c, stride, shares, count, out, c);
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

    private static void oneVectorOfColumns(long at, long stride, float[] shares, int count, float[] out, int column) {
        FloatVector a = FloatVector.zero(F);
        for (int r = 0; r < count; r++) {
            a = load(at + r * stride).fma(FloatVector.broadcast(F, shares[r]), a);
        }
        a.intoArray(out, column);
    }

    private static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(F, ALL, address, ORDER);
    }

    @Override
    void eightRows(long w, long stride, int columns, long x, float[] lanes, int out, int step) {
        FloatVector a = FloatVector.zero(F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        FloatVector e = a;
        FloatVector f = a;
        FloatVector g = a;
        FloatVector h = a;
        for (int i = 0; i <= columns - LANES; i += LANES) {
            FloatVector in = load(x + 4L * i);
            long p = w + 4L * i;
            a = load(p).fma(in, a);
            b = load(p + stride).fma(in, b);
            c = load(p + 2 * stride).fma(in, c);
            d = load(p + 3 * stride).fma(in, d);
            e = load(p + 4 * stride).fma(in, e);
            f = load(p + 5 * stride).fma(in, f);
            g = load(p + 6 * stride).fma(in, g);
            h = load(p + 7 * stride).fma(in, h);
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
    float element(long address, int index) {
        return ALL.get(ValueLayout.JAVA_FLOAT_UNALIGNED, address + 4L * index);
    }
}

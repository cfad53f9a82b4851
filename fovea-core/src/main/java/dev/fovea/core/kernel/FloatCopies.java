package dev.fovea.core.kernel;

import static dev.fovea.core.kernel.NativeMemory.ALL;

import dev.fovea.core.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Copies between native f32 or bf16 and arrays of floats. */
public final class FloatCopies {
    private FloatCopies() {}

    /** Reads {@code count} elements. */
    static float[] load(long address, DType dtype, int count) {
        float[] out = new float[count];
        switch (dtype) {
            case F32 -> MemorySegment.copy(ALL, ValueLayout.JAVA_FLOAT_UNALIGNED, address, out, 0, count);
            case BF16 -> {
                short[] bits = shorts(address, count);
                for (int i = 0; i < count; i++) {
                    out[i] = Float.intBitsToFloat(bits[i] << 16);
                }
            }
            default -> throw unsupported(dtype);
        }
        return out;
    }

    /** Writes the first {@code count} elements, each rounded to the nearest, ties to even. */
    public static void store(float[] values, int count, DType dtype, long address) {
        store(values, 0, count, dtype, address);
    }

    /** The same from element {@code from} on. */
    public static void store(float[] values, int from, int count, DType dtype, long address) {
        switch (dtype) {
            case F32 -> MemorySegment.copy(values, from, ALL, ValueLayout.JAVA_FLOAT_UNALIGNED, address, count);
            case BF16 -> {
                short[] bits = new short[count];
                for (int i = 0; i < count; i++) {
                    bits[i] = bfloat16(values[from + i]);
                }
                MemorySegment.copy(bits, 0, ALL, ValueLayout.JAVA_SHORT_UNALIGNED, address, count);
            }
            default -> throw unsupported(dtype);
        }
    }

    /** Rounds elements {@code [from, to)} to what {@link #store} would write. */
    public static void round(float[] values, int from, int to, DType dtype) {
        if (dtype == DType.BF16) {
            for (int i = from; i < to; i++) {
                values[i] = rounded(values[i]);
            }
        }
    }

    /** Rounded to bf16, still as f32. */
    static float rounded(float value) {
        return Float.intBitsToFloat(bfloat16(value) << Short.SIZE);
    }

    private static short bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int rounded = (bits + 0x7fff + ((bits >>> 16) & 1)) >> 16;
        // Rounding would carry a NaN's mantissa away; keep it one.
        return (short) (Float.isNaN(value) ? (bits >> 16) | 0x40 : rounded);
    }

    private static short[] shorts(long address, int count) {
        short[] bits = new short[count];
        MemorySegment.copy(ALL, ValueLayout.JAVA_SHORT_UNALIGNED, address, bits, 0, count);
        return bits;
    }

    private static IllegalArgumentException unsupported(DType dtype) {
        return new IllegalArgumentException("No kernel for " + dtype);
    }
}

package dev.fovea.core.kernel;

import static dev.fovea.core.kernel.NativeMemory.ALL;
import static jdk.incubator.vector.VectorOperators.I2S;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import dev.fovea.core.tensor.DType;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** bf16 in native memory as vectors of f32, in the order in which it lies there. */
final class BFloat16Lanes {
    static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    static final int LANES = F.length();

    private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Short> S =
            VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    // Constants as vectors: the compiler gives up inlining, and with it all speed, when one method is made of too much.
    private static final IntVector SIXTEEN = IntVector.broadcast(I, 16);
    private static final IntVector ONE = IntVector.broadcast(I, 1);
    private static final IntVector BELOW_HALF = IntVector.broadcast(I, 0x7fff);
    private static final IntVector UPPER = IntVector.broadcast(I, 0xffff0000);

    private BFloat16Lanes() {}

    static FloatVector load(long address) {
        ShortVector bits = ShortVector.fromMemorySegment(S, ALL, address, ORDER);
        return ((IntVector) bits.convertShape(ZERO_EXTEND_S2I, I, 0))
                .lanewise(LSHL, SIXTEEN)
                .reinterpretAsFloats();
    }

    /** Two elements to each lane. What lies first in memory is {@link #even}, what follows {@link #odd}. */
    static IntVector loadWords(long address) {
        return IntVector.fromMemorySegment(I, ALL, address, ORDER);
    }

    static FloatVector even(IntVector words) {
        return words.lanewise(LSHL, SIXTEEN).reinterpretAsFloats();
    }

    static FloatVector odd(IntVector words) {
        return words.and(UPPER).reinterpretAsFloats();
    }

    static FloatVector loadFloats(long address) {
        return FloatVector.fromMemorySegment(F, ALL, address, ORDER);
    }

    /**
     * Rounded to bf16, still as f32: to the nearest, ties to even. A NaN stays one as long as its lower half is not full,
     * which no operation on bf16 brings about.
     */
    static FloatVector round(FloatVector x) {
        return carried(x).and(UPPER).reinterpretAsFloats();
    }

    /** Stores values rounded as by {@link #round}. */
    static void store(FloatVector x, long address) {
        ((ShortVector) carried(x).lanewise(LSHR, SIXTEEN).convertShape(I2S, S, 0))
                .intoMemorySegment(ALL, address, ORDER);
    }

    /** A vector's room, of which the first {@code count} elements come from an address. */
    static float[] load(long address, int count) {
        return Arrays.copyOf(FloatCopies.load(address, DType.BF16, count), LANES);
    }

    /** Stores the first {@code count} elements of a vector. */
    static void store(FloatVector x, long address, int count) {
        float[] values = new float[LANES];
        x.intoArray(values, 0);
        FloatCopies.store(values, count, DType.BF16, address);
    }

    /** The bits of {@code x} with what rounding carries into their upper halves; the lower halves are of no use. */
    private static IntVector carried(FloatVector x) {
        IntVector bits = x.reinterpretAsInts();
        return bits.add(bits.lanewise(LSHR, SIXTEEN).and(ONE)).add(BELOW_HALF);
    }
}

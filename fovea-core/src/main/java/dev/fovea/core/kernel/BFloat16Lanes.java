package dev.fovea.core.kernel;

import static dev.fovea.core.kernel.NativeMemory.ALL;
import static jdk.incubator.vector.VectorOperators.I2S;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_S2I;

import java.nio.ByteOrder;
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

    private BFloat16Lanes() {}

    static FloatVector load(long address) {
        ShortVector bits = ShortVector.fromMemorySegment(S, ALL, address, ORDER);
        return ((IntVector) bits.convertShape(ZERO_EXTEND_S2I, I, 0))
                .lanewise(LSHL, 16)
                .reinterpretAsFloats();
    }

    static FloatVector loadFloats(long address) {
        return FloatVector.fromMemorySegment(F, ALL, address, ORDER);
    }

    /**
     * Rounded to bf16, still as f32: to the nearest, ties to even. A NaN stays one as long as its lower half is not full,
     * which no operation on bf16 brings about.
     */
    static FloatVector round(FloatVector x) {
        IntVector bits = x.reinterpretAsInts();
        IntVector odd = bits.lanewise(LSHR, 16).and(1);
        return bits.add(odd).add(0x7fff).and(0xffff0000).reinterpretAsFloats();
    }

    /** Stores what {@link #round} gave. */
    static void store(FloatVector rounded, long address) {
        ((ShortVector) rounded.reinterpretAsInts().lanewise(LSHR, 16).convertShape(I2S, S, 0))
                .intoMemorySegment(ALL, address, ORDER);
    }
}

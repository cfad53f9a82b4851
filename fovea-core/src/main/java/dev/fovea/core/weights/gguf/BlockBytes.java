package dev.fovea.core.weights.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** A window of some bytes that moves over a tensor's blocks. */
final class BlockBytes {
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment data;
    private long from;

    BlockBytes(MemorySegment data) {
        this.data = data;
    }

    void moveTo(long first) {
        from = first;
    }

    /** A byte as a number from 0 to 255. */
    int unsigned(int at) {
        return data.get(ValueLayout.JAVA_BYTE, from + at) & 0xff;
    }

    /** A byte as a number from -128 to 127. */
    int signed(int at) {
        return data.get(ValueLayout.JAVA_BYTE, from + at);
    }

    /** A number of half precision. */
    float half(int at) {
        return Float.float16ToFloat(data.get(HALF, from + at));
    }

    /** Four bytes, the first one lowest. */
    int word(int at) {
        return data.get(WORD, from + at);
    }
}

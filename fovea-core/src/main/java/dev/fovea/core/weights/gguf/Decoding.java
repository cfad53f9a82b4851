package dev.fovea.core.weights.gguf;

import dev.fovea.core.kernel.FloatCopies;
import dev.fovea.core.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.stream.LongStream;

/**
 * The decoding of one tensor's blocks into plain numbers, a stretch of blocks at a time on all cores.
 *
 * @param data the bytes of the file
 * @param tensor a tensor of blocks
 * @param dtype the type of the numbers: f32 or bf16
 * @param out where they go
 */
record Decoding(MemorySegment data, GgufTensor tensor, DType dtype, MemorySegment out) {
    /** Weights in a stretch: enough to be worth a thread's while, few enough to stay in its cache. */
    private static final int STRETCH = 1 << 14;

    void run() {
        long weights = tensor.weights();
        LongStream.range(0, (weights + STRETCH - 1) / STRETCH)
                .parallel()
                .forEach(i -> stretch(i * STRETCH, (int) Math.min(STRETCH, weights - i * STRETCH)));
    }

    private void stretch(long first, int count) {
        GgufType type = tensor.type();
        GgufType.Decoder decoder = Objects.requireNonNull(type.decoder());
        float[] numbers = new float[count];
        BlockBytes block = new BlockBytes(data);
        long from = tensor.at() + first / type.blockWeights() * type.blockBytes();
        for (int at = 0; at < count; at += type.blockWeights()) {
            block.moveTo(from);
            decoder.decode(block, numbers, at);
            from += type.blockBytes();
        }
        FloatCopies.store(numbers, count, dtype, out.address() + first * dtype.bytes());
    }
}

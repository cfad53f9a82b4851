package dev.fovea.core.weights.gguf;

import java.util.List;

/**
 * What a GGUF file says about one tensor.
 *
 * @param name its name, for example {@code blk.0.attn_q.weight}
 * @param type how its weights lie
 * @param shape the sizes, outermost first (the file has them innermost first)
 * @param at its first byte in the file
 */
public record GgufTensor(String name, GgufType type, List<Long> shape, long at) {
    public GgufTensor {
        shape = List.copyOf(shape);
    }

    /** The sizes as libtorch takes them. */
    public long[] sizes() {
        return shape.stream().mapToLong(Long::longValue).toArray();
    }

    /** How many weights it has. */
    public long weights() {
        return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
    }

    /** How many bytes it takes in the file. */
    public long byteSize() {
        return Math.multiplyExact(weights() / type.blockWeights(), type.blockBytes());
    }
}

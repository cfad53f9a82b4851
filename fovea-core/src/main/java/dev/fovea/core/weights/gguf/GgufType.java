package dev.fovea.core.weights.gguf;

import dev.fovea.core.tensor.DType;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How the weights of a tensor lie in a GGUF file: plain numbers, or blocks of weights that share scales. Numbers and
 * layouts are those of the format's own definition (ggml).
 */
public enum GgufType {
    F32(0, DType.F32),
    F16(1, DType.F16),
    Q4_0(2, 32, 18, Blocks::q4_0),
    Q4_1(3, 32, 20, Blocks::q4_1),
    Q5_0(6, 32, 22, Blocks::q5_0),
    Q5_1(7, 32, 24, Blocks::q5_1),
    Q8_0(8, 32, 34, Blocks::q8_0),
    Q2_K(10, 256, 84, SuperBlocks::q2),
    Q3_K(11, 256, 110, SuperBlocks::q3),
    Q4_K(12, 256, 144, SuperBlocks::q4),
    Q5_K(13, 256, 176, SuperBlocks::q5),
    Q6_K(14, 256, 210, SuperBlocks::q6),
    IQ4_NL(20, 32, 18, Blocks::iq4Nl),
    BF16(30, DType.BF16);

    private final int code;
    private final int weights;
    private final int bytes;
    private final @Nullable DType plain;
    private final @Nullable Decoder decoder;

    /** Turns one block into numbers. */
    @FunctionalInterface
    interface Decoder {
        /**
         * @param block the bytes of one block
         * @param out where its weights go, from {@code at} on
         */
        void decode(BlockBytes block, float[] out, int at);
    }

    GgufType(int code, DType plain) {
        this.code = code;
        this.weights = 1;
        this.bytes = plain.bytes();
        this.plain = plain;
        this.decoder = null;
    }

    GgufType(int code, int weights, int bytes, Decoder decoder) {
        this.code = code;
        this.weights = weights;
        this.bytes = bytes;
        this.plain = null;
        this.decoder = decoder;
    }

    /** The number that stands for this type in a file. */
    public int code() {
        return code;
    }

    /** Weights in a block; 1 for plain numbers. */
    public int blockWeights() {
        return weights;
    }

    /** Bytes of a block. */
    public int blockBytes() {
        return bytes;
    }

    /** The element type of plain numbers; null for blocks. */
    public @Nullable DType plain() {
        return plain;
    }

    /** The decoder of blocks; null for plain numbers. */
    @Nullable
    Decoder decoder() {
        return decoder;
    }

    /** The type of this number, or null where there is none that can be read. */
    static @Nullable GgufType of(int code) {
        return Arrays.stream(values()).filter(t -> t.code == code).findFirst().orElse(null);
    }

    /** For messages: all that can be read. */
    static String supported() {
        return Arrays.stream(values()).map(GgufType::name).collect(Collectors.joining(", "));
    }
}

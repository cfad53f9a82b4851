package dev.fovea.core.weights.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes GGUF files byte by byte, right ones and wrong ones. */
final class GgufBytes {
    static final int WHOLE = 4;
    static final int TEXT = 8;
    static final int LIST = 9;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** The front of a file of version 3. */
    static GgufBytes file(long tensors, long values) {
        return new GgufBytes().int32(0x46554747).int32(3).int64(tensors).int64(values);
    }

    /** A sound file with one value of each usual kind and two tensors. */
    static GgufBytes sound() {
        return file(2, 4)
                .value("general.architecture", TEXT)
                .text("llama")
                .value("general.alignment", WHOLE)
                .int32(32)
                .value("tokenizer.ggml.tokens", LIST)
                .int32(TEXT)
                .int64(3)
                .text("<s>")
                .text("a")
                .text("")
                .value("test.flag", 7)
                .int8(1)
                .tensor("a", 0, 0, 4, 2)
                .tensor("b", 8, 32, 32, 3)
                .padded(32)
                .bytes(new byte[32 + 3 * 34]);
    }

    GgufBytes int8(int value) {
        out.write(value);
        return this;
    }

    GgufBytes int32(int value) {
        return bytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
    }

    GgufBytes int64(long value) {
        return bytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
    }

    GgufBytes text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return int64(utf8.length).bytes(utf8);
    }

    /** The name and the kind of a value. */
    GgufBytes value(String name, int kind) {
        return text(name).int32(kind);
    }

    /** What is said of a tensor; {@code sizes} innermost first. */
    GgufBytes tensor(String name, int type, long offset, long... sizes) {
        text(name).int32(sizes.length);
        for (long size : sizes) {
            int64(size);
        }
        return int32(type).int64(offset);
    }

    GgufBytes bytes(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    /** Zeros up to the next multiple. */
    GgufBytes padded(int alignment) {
        while (out.size() % alignment != 0) {
            out.write(0);
        }
        return this;
    }

    byte[] toBytes() {
        return out.toByteArray();
    }
}

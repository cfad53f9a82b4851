package dev.fovea.core.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes safetensors files byte by byte, so that they can be wrong in exactly one way. */
final class Crafted {
    private Crafted() {}

    /** A file with this header text and these data bytes, whatever they claim. */
    static Path file(Path path, String header, byte... data) {
        return file(path, header.getBytes(StandardCharsets.UTF_8).length, header, data);
    }

    /** The same with a length field of the caller's choice. */
    static Path file(Path path, long claimedLength, String header, byte... data) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return bytes(
                path,
                ByteBuffer.allocate(8 + text.length + data.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(claimedLength)
                        .put(text)
                        .put(data)
                        .array());
    }

    static Path bytes(Path path, byte[] bytes) {
        try {
            return Files.write(path, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The header entry of one tensor. */
    static String tensor(String name, String dtype, String shape, long begin, long end) {
        return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                .formatted(name, dtype, shape, begin, end);
    }
}

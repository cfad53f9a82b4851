package dev.fovea.core.generate.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Exactly these bytes.
 *
 * @param bytes all of them
 * @param at the next
 */
record Literal(byte[] bytes, int at) implements Part.Reader {

    static Literal of(String text) {
        return new Literal(text.getBytes(StandardCharsets.UTF_8), 0);
    }

    @Override
    public Part.@Nullable Reader read(int value) {
        if ((bytes[at] & 0xff) != value) {
            return null;
        }
        return at + 1 == bytes.length ? DONE : new Literal(bytes, at + 1);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Literal l && at == l.at && (bytes == l.bytes || Arrays.equals(bytes, l.bytes));
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(bytes) + at;
    }
}

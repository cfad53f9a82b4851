package dev.fovea.core.weights.gguf;

import dev.fovea.core.weights.CheckpointException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Reads a GGUF header from front to back and never beyond the end of the file. */
final class GgufCursor {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path file;
    private final MemorySegment data;
    private long at;

    GgufCursor(Path file, MemorySegment data, long at) {
        this.file = file;
        this.data = data;
        this.at = at;
    }

    /** Where the next byte is. */
    long at() {
        return at;
    }

    long left() {
        return data.byteSize() - at;
    }

    byte int8(String what) {
        return data.get(ValueLayout.JAVA_BYTE, take(1, what));
    }

    short int16(String what) {
        return data.get(SHORT, take(2, what));
    }

    int int32(String what) {
        return data.get(INT, take(4, what));
    }

    long int64(String what) {
        return data.get(LONG, take(8, what));
    }

    /** A count of things that take at least {@code each} bytes, all of which must still be in the file. */
    long count(long each, String what) {
        long n = int64(what);
        if (n < 0 || n > left() / each) {
            throw new CheckpointException(file + " is corrupt or cut off: " + what + " is " + Long.toUnsignedString(n)
                    + ", but only " + left() + " bytes follow");
        }
        return n;
    }

    /** A text, behind its length. */
    String text(String what) {
        long length = count(1, "the length of " + what);
        if (length > Integer.MAX_VALUE - 8) {
            throw new CheckpointException(file + ": " + what + " has " + length + " bytes; that is no text");
        }
        long from = take(length, what);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(data.asSlice(from, length).asByteBuffer())
                    .toString();
        } catch (CharacterCodingException e) {
            throw new CheckpointException(file + ": " + what + " is not UTF-8 text; the file is corrupt", e);
        }
    }

    /** Passes over a text. */
    void skipText(String what) {
        take(count(1, "the length of " + what), what);
    }

    /** Passes over bytes, and says where they began. */
    long take(long bytes, String what) {
        if (bytes > left()) {
            throw new CheckpointException(
                    file + " is cut off in the middle of " + what + ": " + left() + " bytes are left");
        }
        long from = at;
        at += bytes;
        return from;
    }
}

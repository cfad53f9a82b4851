package dev.fovea.core.weights.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A value of a GGUF file's description. */
public sealed interface GgufValue {

    /** A whole number; the largest of 64 bits without a sign appear negative. */
    record Whole(long value) implements GgufValue {}

    /** A number with a fraction. */
    record Real(double value) implements GgufValue {}

    /** True or false. */
    record Flag(boolean value) implements GgufValue {}

    /** Text. */
    record Text(String value) implements GgufValue {}

    /** Many values of one kind, which stay in the file until somebody reads them: vocabularies are long. */
    final class Many implements GgufValue {
        private final Path file;
        private final MemorySegment data;
        private final String name;
        private final int kind;
        private final int size;
        private final long at;

        Many(Path file, MemorySegment data, String name, int kind, int size, long at) {
            this.file = file;
            this.data = data;
            this.name = name;
            this.kind = kind;
            this.size = size;
            this.at = at;
        }

        /** How many there are. */
        public int size() {
            return size;
        }

        /** All of them, read from the file now. */
        public List<GgufValue> values() {
            GgufCursor cursor = new GgufCursor(file, data, at);
            List<GgufValue> values = new ArrayList<>(size);
            for (int i = 0; i < size; i++) {
                values.add(GgufHeader.value(cursor, file, data, kind, name, 1));
            }
            return values;
        }
    }
}

package dev.fovea.core.weights.gguf;

import dev.fovea.core.message.Printable;
import dev.fovea.core.weights.CheckpointException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The front of a GGUF file, read and checked: a magic number, a version, the description (typed values by name), what is
 * said of every tensor, and then, at the next multiple of the alignment, the data.
 *
 * @param version 2 or 3
 * @param values the description, in the order of the file
 * @param tensors by name, in the order of the file
 */
record GgufHeader(int version, Map<String, GgufValue> values, Map<String, GgufTensor> tensors) {
    private static final int MAGIC = 0x46554747;
    private static final String ALIGNMENT = "general.alignment";
    private static final int DEFAULT_ALIGNMENT = 32;

    /** A page of any machine, and far more than anything needs. */
    private static final long MAX_ALIGNMENT = 1 << 16;

    /** The format's own limit for names of values, in bytes; and what any reader has for lists in lists. */
    private static final int MAX_KEY = 65_535;

    private static final int MAX_NESTING = 4;
    private static final int MAX_RANK = 4;

    /** Bytes that the values of each kind take at least: lists and texts have at least their length. */
    private static final int[] LEAST = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};

    private static final int FLAG = 7;
    private static final int TEXT = 8;
    private static final int LIST = 9;

    static GgufHeader read(Path file, MemorySegment data) {
        GgufCursor cursor = new GgufCursor(file, data, 0);
        int version = version(cursor, file);
        // A tensor has at least a name, a rank, a size, a type and an offset; a value a name, a kind and a byte.
        long tensorCount = cursor.count(32, "the number of tensors");
        long valueCount = cursor.count(13, "the number of values");
        Map<String, GgufValue> values = new LinkedHashMap<>();
        for (long i = 0; i < valueCount; i++) {
            value(cursor, file, data, values);
        }
        List<GgufTensor> claims = new ArrayList<>();
        for (long i = 0; i < tensorCount; i++) {
            claims.add(claim(cursor, file, i));
        }
        return new GgufHeader(
                version,
                Collections.unmodifiableMap(values),
                Collections.unmodifiableMap(
                        placed(file, data.byteSize(), cursor.at(), alignment(file, values), claims)));
    }

    private static int version(GgufCursor cursor, Path file) {
        if (cursor.left() < 4 || cursor.int32("the magic number") != MAGIC) {
            throw new CheckpointException(file + " is not a GGUF file: it does not begin with 'GGUF'");
        }
        int version = cursor.int32("the version");
        if (version == 1) {
            throw new CheckpointException(
                    file + " is of GGUF version 1, which nobody writes any more; convert the model again");
        }
        if (version != 2 && version != 3) {
            boolean otherEnd = Integer.reverseBytes(version) == 2 || Integer.reverseBytes(version) == 3;
            throw new CheckpointException(
                    otherEnd
                            ? file + " was written for machines with the highest byte first; get the usual file"
                            : file + " is of GGUF version " + Integer.toUnsignedString(version)
                                    + ", but 2 and 3 are known; it is corrupt or newer than this program");
        }
        return version;
    }

    private static void value(GgufCursor cursor, Path file, MemorySegment data, Map<String, GgufValue> values) {
        String key = cursor.text("the name of value " + (values.size() + 1));
        if (key.length() > MAX_KEY) {
            throw new CheckpointException(file + " has a value whose name is " + key.length()
                    + " characters long, more than the " + MAX_KEY + " that GGUF allows; the file is corrupt");
        }
        String what = "'" + Printable.of(key) + "'";
        int kind = cursor.int32("the kind of " + what);
        if (values.put(key, value(cursor, file, data, kind, what, 0)) != null) {
            throw new CheckpointException(file + " has " + what + " twice; the file is corrupt");
        }
    }

    /** A value of a kind; lists are walked over, so that all of them is known to be there, and left where they are. */
    static GgufValue value(GgufCursor cursor, Path file, MemorySegment data, int kind, String what, int depth) {
        return switch (kind) {
            case 0 -> new GgufValue.Whole(cursor.int8(what) & 0xffL);
            case 1 -> new GgufValue.Whole(cursor.int8(what));
            case 2 -> new GgufValue.Whole(cursor.int16(what) & 0xffffL);
            case 3 -> new GgufValue.Whole(cursor.int16(what));
            case 4 -> new GgufValue.Whole(Integer.toUnsignedLong(cursor.int32(what)));
            case 5 -> new GgufValue.Whole(cursor.int32(what));
            case 6 -> new GgufValue.Real(Float.intBitsToFloat(cursor.int32(what)));
            case FLAG -> new GgufValue.Flag(flag(cursor, file, what));
            case TEXT -> new GgufValue.Text(cursor.text(what));
            case LIST -> list(cursor, file, data, what, depth);
            case 10, 11 -> new GgufValue.Whole(cursor.int64(what));
            case 12 -> new GgufValue.Real(Double.longBitsToDouble(cursor.int64(what)));
            default ->
                throw new CheckpointException(file + ": " + what + " is of kind " + Integer.toUnsignedString(kind)
                        + ", which GGUF does not define; the file is corrupt");
        };
    }

    private static boolean flag(GgufCursor cursor, Path file, String what) {
        int value = cursor.int8(what);
        if (value != 0 && value != 1) {
            throw new CheckpointException(
                    file + ": " + what + " should be true or false, but is " + value + "; the file is corrupt");
        }
        return value == 1;
    }

    private static GgufValue list(GgufCursor cursor, Path file, MemorySegment data, String what, int depth) {
        int kind = cursor.int32("the kind of what is in " + what);
        if (kind < 0 || kind >= LEAST.length || depth >= MAX_NESTING) {
            throw new CheckpointException(file + ": " + what
                    + (depth >= MAX_NESTING
                            ? " has lists in lists in lists"
                            : " is a list of kind " + Integer.toUnsignedString(kind) + ", which GGUF does not define")
                    + "; the file is corrupt");
        }
        long size = cursor.count(LEAST[kind], "the length of " + what);
        if (size > Integer.MAX_VALUE - 8) {
            throw new CheckpointException(file + ": " + what + " has " + size + " entries, more than can be held");
        }
        GgufValue.Many many = new GgufValue.Many(file, data, what, kind, (int) size, cursor.at());
        switch (kind) {
            case TEXT -> {
                for (long i = 0; i < size; i++) {
                    cursor.skipText("an entry of " + what);
                }
            }
            case LIST -> {
                for (long i = 0; i < size; i++) {
                    list(cursor, file, data, what, depth + 1);
                }
            }
            default -> cursor.take(size * LEAST[kind], what);
        }
        return many;
    }

    private static int alignment(Path file, Map<String, GgufValue> values) {
        GgufValue value = values.get(ALIGNMENT);
        if (value == null) {
            return DEFAULT_ALIGNMENT;
        }
        Long n = value instanceof GgufValue.Whole whole ? (Long) whole.value() : null;
        if (n != null && n >= 1 && n <= MAX_ALIGNMENT && Long.bitCount(n) == 1) {
            return n.intValue();
        }
        throw new CheckpointException(file + ": '" + ALIGNMENT + "' is "
                + (n == null ? "no whole number" : Long.toUnsignedString(n))
                + ", but must be a power of two of at most " + MAX_ALIGNMENT + "; the file is corrupt");
    }

    /** A tensor whose place is still counted from where the data begins. */
    private static GgufTensor claim(GgufCursor cursor, Path file, long index) {
        String name = cursor.text("the name of tensor " + (index + 1));
        String what = "tensor '" + Printable.of(name) + "'";
        int rank = cursor.int32("the rank of " + what);
        if (rank < 1 || rank > MAX_RANK) {
            throw new CheckpointException(file + ": " + what + " has " + Integer.toUnsignedString(rank)
                    + " dimensions, but GGUF has 1 to " + MAX_RANK + "; the file is corrupt");
        }
        List<Long> shape = new ArrayList<>();
        for (int i = 0; i < rank; i++) {
            shape.addFirst(cursor.int64("the shape of " + what));
        }
        int code = cursor.int32("the type of " + what);
        long offset = cursor.int64("the place of " + what);
        GgufType type = GgufType.of(code);
        if (type == null) {
            throw new CheckpointException(file + ": " + what + " is of ggml type " + Integer.toUnsignedString(code)
                    + ", which Fovea cannot read (it reads " + GgufType.supported()
                    + "); get a file of one of these types");
        }
        return checked(new GgufTensor(name, type, shape, offset), what, file);
    }

    private static GgufTensor checked(GgufTensor tensor, String what, Path file) {
        try {
            if (tensor.shape().stream().allMatch(n -> n > 0) && tensor.byteSize() > 0) {
                if (tensor.shape().getLast() % tensor.type().blockWeights() == 0) {
                    return tensor;
                }
                throw new CheckpointException(file + ": " + what + " has rows of "
                        + tensor.shape().getLast() + " weights, which blocks of "
                        + tensor.type().blockWeights() + " (" + tensor.type() + ") do not fill; the file is corrupt");
            }
        } catch (ArithmeticException ignored) {
            // More than can be counted: as wrong as nothing at all.
        }
        throw new CheckpointException(file + ": " + what + " has the shape " + Printable.of(tensor.shape())
                + ", which no tensor can have; the file is corrupt");
    }

    /** Adds where the data begins to every offset, and makes sure that all of it is there and nothing lies twice. */
    private static Map<String, GgufTensor> placed(
            Path file, long fileSize, long end, int alignment, List<GgufTensor> claims) {
        long start = (end + alignment - 1) / alignment * alignment;
        Map<String, GgufTensor> tensors = new LinkedHashMap<>();
        for (GgufTensor t : claims) {
            String what = "tensor '" + Printable.of(t.name()) + "'";
            if (t.at() < 0 || t.at() % alignment != 0) {
                throw new CheckpointException(file + ": " + what + " should begin at byte "
                        + Long.toUnsignedString(t.at()) + " of the data, which is no multiple of the alignment "
                        + alignment + "; the file is corrupt");
            }
            if (t.byteSize() > fileSize - start - t.at()) {
                throw new CheckpointException(file + " is cut off or corrupt: " + what + " takes " + t.byteSize()
                        + " bytes from byte " + t.at() + " of the data on, which has only "
                        + Math.max(0, fileSize - start));
            }
            if (tensors.put(t.name(), new GgufTensor(t.name(), t.type(), t.shape(), start + t.at())) != null) {
                throw new CheckpointException(file + " has " + what + " twice; the file is corrupt");
            }
        }
        checkOverlaps(file, tensors);
        return tensors;
    }

    private static void checkOverlaps(Path file, Map<String, GgufTensor> tensors) {
        List<GgufTensor> byPlace = tensors.values().stream()
                .sorted(Comparator.comparingLong(GgufTensor::at))
                .toList();
        for (int i = 1; i < byPlace.size(); i++) {
            GgufTensor before = byPlace.get(i - 1);
            if (before.at() + before.byteSize() > byPlace.get(i).at()) {
                throw new CheckpointException(file + ": tensors '" + Printable.of(before.name()) + "' and '"
                        + Printable.of(byPlace.get(i).name()) + "' lie over one another; the file is corrupt");
            }
        }
    }
}

package dev.fovea.core.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The first directory of a TIFF, BigTIFF or EXIF block: its tags with whole numbers. Entries whose values do not lie
 * within the file are left out, so that what is held here is never larger than the file.
 */
final class TiffDirectory {
    static final int ORIENTATION = 274;

    /** More entries than any writer makes. */
    private static final int MOST_ENTRIES = 4096;

    private final ByteOrder order;
    private final TreeMap<Integer, long[]> tags = new TreeMap<>();
    private final TreeMap<Integer, byte[]> raw = new TreeMap<>();
    private boolean more;

    private TiffDirectory(ByteOrder order) {
        this.order = order;
    }

    /** The directory, or null if these bytes do not begin as a TIFF does. */
    static @Nullable TiffDirectory read(byte[] file) {
        if (file.length < 8 || !(Bytes.starts(file, 0, "II") || Bytes.starts(file, 0, "MM"))) {
            return null;
        }
        ByteOrder order = file[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        ByteBuffer in = ByteBuffer.wrap(file).order(order);
        int version = in.getShort(2);
        if (version != 42 && version != 43 || version == 43 && file.length < 16) {
            return null;
        }
        TiffDirectory directory = new TiffDirectory(order);
        directory.fill(in, version == 43);
        return directory;
    }

    private void fill(ByteBuffer in, boolean big) {
        long at = big ? in.getLong(8) : in.getInt(4) & 0xffffffffL;
        int size = big ? 20 : 12;
        if (at < 8 || at > in.limit() - (big ? 8 : 2)) {
            return;
        }
        long entries = big ? in.getLong((int) at) : in.getShort((int) at) & 0xffff;
        long first = at + (big ? 8 : 2);
        for (int i = 0; i < Math.min(entries < 0 ? MOST_ENTRIES : entries, MOST_ENTRIES); i++) {
            long entry = first + (long) i * size;
            if (entry + size > in.limit()) {
                return;
            }
            readEntry(in, (int) entry, big);
        }
        long link = first + entries * size;
        if (entries >= 0 && entries <= MOST_ENTRIES && link + (big ? 8 : 4) <= in.limit()) {
            more = (big ? in.getLong((int) link) : in.getInt((int) link)) != 0;
        }
    }

    private void readEntry(ByteBuffer in, int entry, boolean big) {
        int tag = in.getShort(entry) & 0xffff;
        int type = in.getShort(entry + 2);
        long count = big ? in.getLong(entry + 4) : in.getInt(entry + 4) & 0xffffffffL;
        int width = width(type);
        if (width == 0 || count < 1 || count > in.limit() / width || tags.containsKey(tag) || raw.containsKey(tag)) {
            return;
        }
        long bytes = count * width;
        int inline = big ? 8 : 4;
        int valueAt = entry + (big ? 12 : 8);
        long at = bytes <= inline ? valueAt : big ? in.getLong(valueAt) : in.getInt(valueAt) & 0xffffffffL;
        if (at < 0 || at > in.limit() - bytes) {
            return;
        }
        if (type == 7 || type == 1 || type == 2) {
            raw.put(tag, Bytes.cut(in.array(), (int) at, (int) (at + bytes)));
        }
        if (type != 7 && type != 2) {
            long[] values = new long[(int) count];
            for (int i = 0; i < values.length; i++) {
                values[i] = value(in, (int) at + i * width, type);
            }
            tags.put(tag, values);
        }
    }

    /** Bytes a value of this type has; 0 for types that hold no whole numbers and no bytes. */
    private static int width(int type) {
        return switch (type) {
            case 1, 2, 6, 7 -> 1;
            case 3, 8 -> 2;
            case 4, 9, 13 -> 4;
            case 16, 17, 18 -> 8;
            default -> 0;
        };
    }

    private static long value(ByteBuffer in, int at, int type) {
        return switch (type) {
            case 1 -> in.get(at) & 0xff;
            case 6 -> in.get(at);
            case 3 -> in.getShort(at) & 0xffff;
            case 8 -> in.getShort(at);
            case 4, 13 -> in.getInt(at) & 0xffffffffL;
            case 9 -> in.getInt(at);
            default -> in.getLong(at);
        };
    }

    ByteOrder order() {
        return order;
    }

    /** Whether another directory, that is another page, follows. */
    boolean more() {
        return more;
    }

    boolean has(int tag) {
        return tags.containsKey(tag) || raw.containsKey(tag);
    }

    /** The values of a tag, or none. */
    long[] numbers(int tag) {
        return tags.getOrDefault(tag, new long[0]);
    }

    /** The bytes of a tag stored as bytes or text, or null. */
    byte @Nullable [] bytes(int tag) {
        return raw.get(tag);
    }

    /** The value of a tag that has exactly one, otherwise {@code otherwise}. */
    long number(int tag, long otherwise) {
        long[] values = numbers(tag);
        return values.length == 1 ? values[0] : otherwise;
    }

    void put(int tag, long... values) {
        tags.put(tag, values);
    }

    /** Takes over a tag of another directory, if it is there. */
    void copy(TiffDirectory from, int tag) {
        byte[] bytes = from.raw.get(tag);
        if (bytes != null) {
            raw.put(tag, bytes);
        } else if (from.tags.containsKey(tag)) {
            tags.put(tag, from.numbers(tag));
        }
    }

    static TiffDirectory empty(ByteOrder order) {
        return new TiffDirectory(order);
    }

    /** The directory as the only one of a classic TIFF, for a place {@code at} (even) bytes from the file's beginning. */
    byte[] write(int at) {
        TreeMap<Integer, byte[]> values = new TreeMap<>(raw);
        tags.forEach((tag, numbers) -> values.putIfAbsent(tag, encoded(numbers)));
        int head = 2 + 12 * values.size() + 4;
        int size = values.values().stream()
                .mapToInt(v -> v.length > 4 ? v.length : 0)
                .reduce(head, Math::addExact);
        ByteBuffer out = ByteBuffer.allocate(size).order(order);
        out.putShort((short) values.size());
        int far = head;
        for (var entry : values.entrySet()) {
            int tag = entry.getKey();
            byte[] value = entry.getValue();
            int type = raw.containsKey(tag) ? 7 : isShort(numbers(tag)) ? 3 : 4;
            out.putShort((short) tag).putShort((short) type);
            out.putInt(value.length / width(type));
            if (value.length <= 4) {
                out.put(Arrays.copyOf(value, 4));
            } else {
                out.putInt(Math.addExact(at, far));
                System.arraycopy(value, 0, out.array(), far, value.length);
                far += value.length;
            }
        }
        return out.array();
    }

    /** Whether 16 bits hold these; decoders expect small numbers to be stored so. */
    private static boolean isShort(long[] numbers) {
        return Arrays.stream(numbers).allMatch(n -> n >= 0 && n <= 0xffff);
    }

    private byte[] encoded(long[] numbers) {
        int width = isShort(numbers) ? 2 : 4;
        ByteBuffer out =
                ByteBuffer.allocate(Math.multiplyExact(width, numbers.length)).order(order);
        for (long number : numbers) {
            if (width == 2) {
                out.putShort((short) number);
            } else {
                out.putInt((int) number);
            }
        }
        return out.array();
    }

    /** The eight bytes a classic TIFF begins with when its first directory stands at {@code at}. */
    byte[] header(int at) {
        ByteBuffer head = ByteBuffer.allocate(8).order(order);
        byte letter = (byte) (order == ByteOrder.LITTLE_ENDIAN ? 'I' : 'M');
        return head.put(letter).put(letter).putShort((short) 42).putInt(at).array();
    }
}

package dev.fovea.core.image;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The items of an AVIF or HEIC (ISO/IEC 23008-12): the primary picture, the tiles it may be put together from, and the
 * properties of each. Nothing but coded pictures goes from here to a native decoder. Reading beyond the file or a box
 * ends in an exception of {@link ByteBuffer}.
 */
final class HeifFile {
    private static final int MOST_ITEMS = 1 << 13;
    private static final int MOST_EXTENTS = 64;

    private final ByteBuffer file;
    private final Map<Integer, Item> items = new HashMap<>();
    private final List<Property> properties = new ArrayList<>();
    private @Nullable ByteBuffer inside;
    private int primary = -1;

    /** One property: its box's name and payload. */
    record Property(String name, ByteBuffer data) {}

    /** A stretch of the file, or of the boxes' own data. */
    private record Extent(boolean inside, long offset, long length) {}

    /** A picture or a grid of pictures. */
    static final class Item {
        private final List<Extent> extents = new ArrayList<>();
        private final List<Property> properties = new ArrayList<>();
        private final List<Integer> parts = new ArrayList<>();
        private String type = "";

        String type() {
            return type;
        }

        /** Ids of the tiles of a grid, in raster order. */
        List<Integer> parts() {
            return parts;
        }

        /** The payload of a property, from its beginning, or null. */
        @Nullable
        ByteBuffer property(String name) {
            for (Property property : properties) {
                if (property.name.equals(name)) {
                    return property.data.duplicate();
                }
            }
            return null;
        }
    }

    HeifFile(byte[] bytes) {
        file = ByteBuffer.wrap(bytes);
        boxes(file.duplicate(), (name, body) -> {
            if (name.equals("meta")) {
                body.getInt();
                boxes(body, this::meta);
            }
        });
    }

    private interface Visitor {
        void visit(String name, ByteBuffer body);
    }

    private static void boxes(ByteBuffer in, Visitor visitor) {
        while (in.remaining() >= 8) {
            long size = in.getInt() & 0xffffffffL;
            String name = name(in);
            if (size == 1) {
                size = in.getLong() - 16;
            } else {
                size = size == 0 ? in.remaining() : size - 8;
            }
            if (size < 0 || size > in.remaining()) {
                throw new BufferUnderflowException();
            }
            visitor.visit(name, in.slice(in.position(), (int) size));
            in.position(in.position() + (int) size);
        }
    }

    private static String name(ByteBuffer in) {
        byte[] four = new byte[4];
        in.get(four);
        return new String(four, StandardCharsets.ISO_8859_1);
    }

    private static int id(ByteBuffer in, boolean wide) {
        return wide ? in.getInt() : in.getShort() & 0xffff;
    }

    private Item item(int id) {
        if (items.size() > MOST_ITEMS) {
            throw new IllegalArgumentException("too many items");
        }
        return items.computeIfAbsent(id, ignored -> new Item());
    }

    private void meta(String name, ByteBuffer in) {
        switch (name) {
            case "pitm" -> primary = id(in, in.getInt() >>> 24 > 0);
            case "iinf" -> {
                boolean wide = in.getInt() >>> 24 > 0;
                id(in, wide);
                boxes(in, (kind, body) -> itemInfo(body));
            }
            case "iloc" -> locations(in);
            case "iref" -> {
                boolean wide = in.getInt() >>> 24 > 0;
                boxes(in, (kind, body) -> references(kind, body, wide));
            }
            case "idat" -> inside = in;
            case "iprp" -> {
                ByteBuffer associations = in.duplicate();
                boxes(in, (kind, body) -> {
                    if (kind.equals("ipco")) {
                        boxes(body, (property, data) -> properties.add(new Property(property, data)));
                    }
                });
                boxes(associations, (kind, body) -> {
                    if (kind.equals("ipma")) {
                        associate(body);
                    }
                });
            }
            default -> {}
        }
    }

    private void itemInfo(ByteBuffer in) {
        int version = in.getInt() >>> 24;
        if (version >= 2) {
            int id = id(in, version > 2);
            in.getShort();
            item(id).type = name(in);
        }
    }

    private void locations(ByteBuffer in) {
        int version = in.getInt() >>> 24;
        int sizes = in.getShort() & 0xffff;
        int count = id(in, version >= 2);
        for (int i = 0; i < count; i++) {
            Item item = item(id(in, version >= 2));
            int construction = version >= 1 ? in.getShort() & 0xf : 0;
            in.getShort();
            long base = number(in, sizes >> 4 & 0xf);
            int extents = in.getShort() & 0xffff;
            if (extents > MOST_EXTENTS || construction > 1) {
                throw new IllegalArgumentException("scattered items");
            }
            for (int e = 0; e < extents; e++) {
                if (version >= 1) {
                    number(in, sizes & 0xf);
                }
                long offset = base + number(in, sizes >> 12);
                item.extents.add(new Extent(construction == 1, offset, number(in, sizes >> 8 & 0xf)));
            }
        }
    }

    private static long number(ByteBuffer in, int bytes) {
        return switch (bytes) {
            case 0 -> 0;
            case 4 -> in.getInt() & 0xffffffffL;
            case 8 -> in.getLong();
            default -> throw new IllegalArgumentException("numbers of " + bytes + " bytes");
        };
    }

    private void references(String kind, ByteBuffer in, boolean wide) {
        Item from = item(id(in, wide));
        int count = in.getShort() & 0xffff;
        for (int i = 0; i < count && kind.equals("dimg"); i++) {
            from.parts.add(id(in, wide));
        }
    }

    private void associate(ByteBuffer in) {
        int head = in.getInt();
        int count = in.getInt();
        for (int i = 0; i < count; i++) {
            Item item = item(id(in, head >>> 24 > 0));
            int uses = in.get() & 0xff;
            for (int u = 0; u < uses; u++) {
                int index = (head & 1) == 1 ? in.getShort() & 0x7fff : in.get() & 0x7f;
                if (index >= 1 && index <= properties.size() && item.properties.size() < 256) {
                    item.properties.add(properties.get(index - 1));
                }
            }
        }
    }

    Item primary() {
        return picture(primary);
    }

    Item picture(int id) {
        Item item = items.get(id);
        if (item == null) {
            throw new IllegalArgumentException("an item is missing");
        }
        return item;
    }

    /** The bytes of an item. */
    byte[] data(Item item) {
        long size = item.extents.stream().mapToLong(Extent::length).reduce(0, Math::addExact);
        if (size < 1 || size > file.capacity()) {
            throw new BufferUnderflowException();
        }
        byte[] data = new byte[(int) size];
        int at = 0;
        for (Extent extent : item.extents) {
            ByteBuffer from = extent.inside ? inside : file;
            if (from == null
                    || extent.offset < 0
                    || extent.length < 0
                    || extent.offset > from.capacity() - extent.length) {
                throw new BufferUnderflowException();
            }
            from.get((int) extent.offset, data, at, (int) extent.length);
            at += (int) extent.length;
        }
        return data;
    }
}

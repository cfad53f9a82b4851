package dev.fovea.core.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a WebP: canvas, first frame and metadata. Only the bare picture of the first frame is ever given to the
 * decoder; transparency is dropped, as {@code convert("RGB")} does.
 *
 * @param width of the canvas
 * @param height of the canvas
 * @param left where the first frame lies on it
 * @param top where the first frame lies on it
 * @param from where the frame's chunk {@code VP8 } or {@code VP8L} begins
 * @param to the byte after it
 * @param frames how many there are
 */
record WebpFile(int width, int height, int left, int top, int from, int to, int frames, Metadata metadata) {
    private static final int CHUNK_HEAD = 8;
    private static final int FRAME_HEAD = 16;
    private static final int VP8_HEAD = 10;

    /** One chunk: its payload lies in {@code [from, to)}. */
    private record Chunk(String name, int from, int to) {
        int next() {
            return to + (to - from & 1);
        }
    }

    /** Reads the chunks, or null if the file is cut off or holds no picture. */
    static @Nullable WebpFile read(byte[] b) {
        if (b.length < 20 || b.length < CHUNK_HEAD + Bytes.little(b, 4)) {
            return null;
        }
        int end = (int) Math.min(b.length, CHUNK_HEAD + Bytes.little(b, 4));
        @Nullable Chunk canvas = null;
        @Nullable Chunk frame = null;
        @Nullable Chunk picture = null;
        byte @Nullable [] exif = null;
        @Nullable String xmp = null;
        int frames = 0;
        for (Chunk c = chunk(b, 12, end); c != null; c = chunk(b, c.next(), end)) {
            switch (c.name) {
                case "VP8X" -> canvas = canvas == null ? c : canvas;
                case "VP8 ", "VP8L" -> picture = picture == null ? c : picture;
                case "ANMF" -> {
                    frame = frame == null ? c : frame;
                    frames++;
                }
                case "EXIF" -> exif = exif == null ? Bytes.cut(b, c.from, c.to) : exif;
                case "XMP " -> xmp = xmp == null ? Bytes.latin1(b, c.from, c.to) : xmp;
                default -> {}
            }
        }
        boolean animated = canvas != null && canvas.to - canvas.from >= 10 && (b[canvas.from] & 2) != 0;
        if (animated && frame != null && frame.to - frame.from > FRAME_HEAD) {
            picture = null;
            for (Chunk c = chunk(b, frame.from + FRAME_HEAD, frame.to); c != null; c = chunk(b, c.next(), frame.to)) {
                picture = picture == null && c.name.startsWith("VP8") ? c : picture;
            }
        } else {
            frame = null;
        }
        return picture == null
                ? null
                : placed(b, picture, frame, animated ? canvas : null, Math.max(1, frames), new Metadata(exif, xmp));
    }

    private static @Nullable WebpFile placed(
            byte[] b, Chunk picture, @Nullable Chunk frame, @Nullable Chunk canvas, int frames, Metadata metadata) {
        int[] size = size(b, picture);
        if (size == null) {
            return null;
        }
        int begin = picture.from - CHUNK_HEAD;
        if (frame == null || canvas == null) {
            return new WebpFile(size[0], size[1], 0, 0, begin, picture.to, 1, metadata);
        }
        int left = 2 * Bytes.little24(b, frame.from);
        int top = 2 * Bytes.little24(b, frame.from + 3);
        int width = 1 + Bytes.little24(b, canvas.from + 4);
        int height = 1 + Bytes.little24(b, canvas.from + 7);
        boolean fits = left + size[0] <= width && top + size[1] <= height;
        return fits ? new WebpFile(width, height, left, top, begin, picture.to, frames, metadata) : null;
    }

    /** Width and height, as the header of the bit stream has them. */
    private static int @Nullable [] size(byte[] b, Chunk picture) {
        int at = picture.from;
        if (picture.to - at < VP8_HEAD) {
            return null;
        }
        if (picture.name.equals("VP8L")) {
            long bits = Bytes.little(b, at + 1);
            return b[at] != 0x2f ? null : new int[] {1 + (int) (bits & 0x3fff), 1 + (int) (bits >> 14 & 0x3fff)};
        }
        int width = ((b[at + 7] & 0x3f) << 8) | (b[at + 6] & 0xff);
        int height = ((b[at + 9] & 0x3f) << 8) | (b[at + 8] & 0xff);
        return width == 0 || height == 0 ? null : new int[] {width, height};
    }

    private static @Nullable Chunk chunk(byte[] b, int at, int end) {
        if (end - at < CHUNK_HEAD) {
            return null;
        }
        long size = Bytes.little(b, at + 4);
        int from = at + CHUNK_HEAD;
        return size > end - from ? null : new Chunk(Bytes.latin1(b, at, at + 4), from, (int) (from + size));
    }

    /** The first frame as a WebP file of its own, with nothing else in it. */
    byte[] barePicture(byte[] b) {
        int size = to - from;
        int padding = size & 1;
        ByteArrayOutputStream out = new ByteArrayOutputStream(12 + size + padding);
        byte[] head = ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put("RIFF".getBytes(StandardCharsets.US_ASCII))
                .putInt(4 + size + padding)
                .put("WEBP".getBytes(StandardCharsets.US_ASCII))
                .array();
        out.writeBytes(head);
        out.write(b, from, size);
        out.write(new byte[padding], 0, padding);
        return out.toByteArray();
    }
}

package dev.fovea.core.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a PNG that stand beside its pixels.
 *
 * @param width pixels in a row
 * @param height rows
 * @param bits of a pixel
 * @param data bytes of compressed pixels
 * @param frames 1, or the number an animation says it has
 */
record PngFile(long width, long height, int bits, long data, long frames, Metadata metadata) {
    /** Deflate makes at most so many bytes of one. */
    private static final int MOST_INFLATION = 1032;

    private static final int[] CHANNELS = {1, 0, 3, 1, 2, 0, 4};

    private static final String RAW_EXIF = "Raw profile type exif";
    private static final String XMP = "XML:com.adobe.xmp";

    /** Reads the chunks as far as they are whole, or null if not even the size is there. */
    static @Nullable PngFile read(byte[] b, int mostMetadata) {
        if (b.length < 33 || !Bytes.starts(b, 12, "IHDR")) {
            return null;
        }
        long frames = 1;
        long data = 0;
        byte @Nullable [] exif = null;
        byte @Nullable [] rawExif = null;
        @Nullable String xmp = null;
        for (long at = 8; at + 12 <= b.length; at += 12 + Bytes.big(b, (int) at)) {
            int from = (int) at + 8;
            long end = from + Bytes.big(b, (int) at);
            if (end > b.length) {
                break;
            }
            int to = (int) end;
            switch (Bytes.latin1(b, from - 4, from)) {
                case "IDAT" -> data += to - from;
                case "acTL" -> frames = data == 0 && to - from >= 4 ? Bytes.big(b, from) : frames;
                case "eXIf" -> exif = Bytes.cut(b, from, to);
                case "tEXt" -> rawExif = orElse(rawProfile(plainText(b, from, to, RAW_EXIF)), rawExif);
                case "zTXt" -> rawExif = orElse(rawProfile(packedText(b, from, to, RAW_EXIF, mostMetadata)), rawExif);
                case "iTXt" -> {
                    String found = internationalText(b, from, to, XMP, mostMetadata);
                    xmp = found == null ? xmp : found;
                }
                default -> {}
            }
        }
        int colourType = b[25] & 0xff;
        int bits = (b[24] & 0xff) * (colourType < CHANNELS.length ? CHANNELS[colourType] : 0);
        return new PngFile(
                Bytes.big(b, 16),
                Bytes.big(b, 20),
                bits,
                data,
                frames,
                new Metadata(exif != null ? exif : rawExif, xmp));
    }

    /** Whether so few bytes can be all the pixels; asked before a decoder makes room for them. */
    boolean canBeWhole() {
        long row = Math.ceilDiv(width * Math.max(1, bits), 8);
        return row * height <= (data + 16) * MOST_INFLATION;
    }

    private static byte @Nullable [] orElse(byte @Nullable [] found, byte @Nullable [] before) {
        return found == null ? before : found;
    }

    private static @Nullable String plainText(byte[] b, int from, int to, String key) {
        int at = from + key.length() + 1;
        return Bytes.starts(b, from, key + "\0") && at <= to ? Bytes.latin1(b, at, to) : null;
    }

    private static @Nullable String packedText(byte[] b, int from, int to, String key, int most) {
        int at = from + key.length() + 2;
        return Bytes.starts(b, from, key + "\0\0") && at <= to ? inflated(b, at, to, most) : null;
    }

    /** Behind the keyword stand a flag and a method, then language and translated keyword, each ended by a zero. */
    private static @Nullable String internationalText(byte[] b, int from, int to, String key, int most) {
        int at = from + key.length() + 1;
        if (!Bytes.starts(b, from, key + "\0") || at + 2 > to) {
            return null;
        }
        boolean packed = b[at] != 0;
        at += 2;
        for (int ends = 0; at < to && ends < 2; at++) {
            ends += b[at] == 0 ? 1 : 0;
        }
        return packed ? inflated(b, at, to, most) : Bytes.latin1(b, at, to);
    }

    /** Null where the data are damaged or larger than the limit. */
    private static @Nullable String inflated(byte[] b, int from, int to, int most) {
        try (var in = new InflaterInputStream(new ByteArrayInputStream(b, from, to - from))) {
            byte[] text = in.readNBytes(most + 1);
            return text.length > most ? null : new String(text, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return null;
        }
    }

    /** A profile written as text: an empty line, its name, its length, then hexadecimal digits. */
    private static byte @Nullable [] rawProfile(@Nullable String text) {
        if (text == null) {
            return null;
        }
        String[] lines = text.split("\n", 4);
        try {
            return lines.length < 4 ? null : HexFormat.of().parseHex(lines[3].replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}

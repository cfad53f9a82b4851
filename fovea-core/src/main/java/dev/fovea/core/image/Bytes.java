package dev.fovea.core.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Numbers and names in the bytes of a picture file. */
final class Bytes {
    private Bytes() {}

    /** 32 bits, the lowest byte first. */
    static long little(byte[] b, int at) {
        return (b[at] & 0xffL) | (b[at + 1] & 0xff) << 8 | (b[at + 2] & 0xff) << 16 | (b[at + 3] & 0xffL) << 24;
    }

    /** 24 bits, the lowest byte first. */
    static int little24(byte[] b, int at) {
        return (b[at] & 0xff) | (b[at + 1] & 0xff) << 8 | (b[at + 2] & 0xff) << 16;
    }

    /** 32 bits, the highest byte first. */
    static long big(byte[] b, int at) {
        return (b[at] & 0xffL) << 24 | (b[at + 1] & 0xff) << 16 | (b[at + 2] & 0xff) << 8 | (b[at + 3] & 0xff);
    }

    /** 16 bits, the highest byte first. */
    static int big16(byte[] b, int at) {
        return (b[at] & 0xff) << 8 | (b[at + 1] & 0xff);
    }

    /** Whether {@code text} (one byte a character) stands at {@code at}. */
    static boolean starts(byte[] b, int at, String text) {
        if (at < 0 || b.length - at < text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if ((b[at + i] & 0xff) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    static String latin1(byte[] b, int from, int to) {
        return new String(b, from, to - from, StandardCharsets.ISO_8859_1);
    }

    static byte[] cut(byte[] b, int from, int to) {
        return Arrays.copyOfRange(b, from, to);
    }
}

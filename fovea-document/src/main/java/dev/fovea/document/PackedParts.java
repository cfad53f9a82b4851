package dev.fovea.document;

import java.nio.charset.StandardCharsets;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Looks, before a document is opened, at everything in its file that is packed by deflate. Tables and objects are packed
 * too, and are unfolded whole as soon as they are needed: a file of a few kilobytes may ask for gigabytes.
 *
 * @param name of the document
 * @param most bytes that each packed part may unfold to
 */
record PackedParts(String name, long most, Deadline deadline) {
    private static final byte[] WORD = "stream".getBytes(StandardCharsets.US_ASCII);
    private static final int AT_ONCE = 1 << 16;

    /** @throws DocumentException if a part unfolds to more than the limit */
    void check(byte[] file) {
        byte[] waste = new byte[AT_ONCE];
        for (int at = 0; at + WORD.length + 2 < file.length; at++) {
            if (file[at] == 's' && isWord(file, at)) {
                int from = behindLine(file, at + WORD.length);
                if (isPacked(file, from)) {
                    unfold(file, from, waste);
                }
            }
        }
    }

    private static boolean isWord(byte[] file, int at) {
        for (int i = 0; i < WORD.length; i++) {
            if (file[at + i] != WORD[i]) {
                return false;
            }
        }
        return true;
    }

    /** The word ends with a line, which writers end in any way. */
    private static int behindLine(byte[] file, int at) {
        int from = at;
        while (from < file.length && file[from] <= ' ' && file[from] >= 0) {
            from++;
        }
        return from;
    }

    /** The header of zlib (RFC 1950, section 2.2). */
    private static boolean isPacked(byte[] file, int at) {
        return at + 1 < file.length
                && (file[at] & 0x0f) == 8
                && ((file[at] & 0xff) << 8 | (file[at + 1] & 0xff)) % 31 == 0;
    }

    private void unfold(byte[] file, int from, byte[] waste) {
        Counting.Allowance allowance = new Counting.Allowance("A part of " + name, most, deadline);
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(file, from, file.length - from);
            while (!inflater.finished()) {
                int unfolded = inflater.inflate(waste);
                if (unfolded == 0) {
                    return;
                }
                allowance.take(unfolded);
            }
        } catch (DataFormatException e) {
            // Whoever needs this part will say that it is damaged.
        } finally {
            inflater.end();
        }
    }
}

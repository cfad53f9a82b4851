package dev.fovea.core.text;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The table of a SentencePiece normalizer ({@code precompiled_charsmap}): a double-array trie of byte sequences, then
 * the texts that replace them. Everything that a walk can reach is checked to lie inside; the native library only trusts.
 */
final class Charsmap {
    private static final int LONGEST_REPLACEMENT = 64;

    private final int[] units;
    private final byte[] texts;
    private int longest;

    private Charsmap(int[] units, byte[] texts) {
        this.units = units;
        this.texts = texts;
    }

    /**
     * Checks a table.
     *
     * @return null if a walk leaves it, a replacement is no text, or one is too long to be meant
     */
    static @Nullable Charsmap of(byte[] blob) {
        ByteBuffer in = ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN);
        int bytes = blob.length < 8 ? -1 : in.getInt();
        if (bytes < 4 || bytes % 4 != 0 || bytes > in.remaining()) {
            return null;
        }
        int[] units = new int[bytes / 4];
        in.asIntBuffer().get(units);
        byte[] texts = new byte[in.remaining() - bytes];
        in.position(4 + bytes).get(texts);
        Charsmap map = new Charsmap(units, texts);
        return map.textsAreUtf8() && map.walksInside() ? map : null;
    }

    /** Whether this plain character is replaced by nothing. */
    boolean removes(char ascii) {
        int unit = units[offset(units[0]) ^ ascii];
        int at = offset(units[0]) ^ ascii;
        if ((unit & 0x8000_00ff) != ascii || !leads(unit)) {
            return false;
        }
        int begin = units[at ^ offset(unit)] & 0x7fff_ffff;
        return begin == texts.length || texts[begin] == 0;
    }

    /** Characters of the longest replacement. */
    int longest() {
        return longest;
    }

    private boolean textsAreUtf8() {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(texts));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /** Visits every node that some bytes lead to. */
    private boolean walksInside() {
        BitSet seen = new BitSet(units.length);
        Deque<Integer> open = new ArrayDeque<>();
        open.add(offset(units[0]));
        while (!open.isEmpty()) {
            int node = open.removeLast();
            if (node < 0 || (node | 0xff) >= units.length) {
                return false;
            }
            if (seen.get(node)) {
                continue;
            }
            seen.set(node);
            for (int label = 1; label < 256; label++) {
                int at = node ^ label;
                int unit = units[at];
                if ((unit & 0x8000_00ff) == label) {
                    int next = at ^ offset(unit);
                    if (next < 0 || next >= units.length || (leads(unit) && !replaces(units[next] & 0x7fff_ffff))) {
                        return false;
                    }
                    open.add(next);
                }
            }
        }
        return true;
    }

    private static int offset(int unit) {
        return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
    }

    private static boolean leads(int unit) {
        return (unit >>> 8 & 1) == 1;
    }

    /** Whether a text of sensible length, ending in 0 or with the table, begins here. */
    private boolean replaces(int begin) {
        if (begin > texts.length || (begin < texts.length && (texts[begin] & 0xc0) == 0x80)) {
            return false;
        }
        int end = begin;
        while (end < texts.length && texts[end] != 0) {
            if (++end - begin > LONGEST_REPLACEMENT) {
                return false;
            }
        }
        longest = Math.max(longest, end - begin);
        return true;
    }
}

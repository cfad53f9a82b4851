package dev.fovea.core.text;

import java.util.HashMap;
import java.util.Map;

/**
 * The character that stands for each byte in the vocabularies of byte-level tokenizers (GPT-2): printable Latin-1 stands
 * for itself, the other bytes in their order for the characters from 256 on.
 */
public final class ByteLetters {
    private static final char[] LETTERS = new char[256];
    private static final Map<Character, Integer> BYTES = new HashMap<>();

    static {
        char next = 256;
        for (int b = 0; b < LETTERS.length; b++) {
            boolean printable = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
            LETTERS[b] = printable ? (char) b : next++;
            BYTES.put(LETTERS[b], b);
        }
    }

    private ByteLetters() {}

    /** The character of a byte, given as a number from 0 to 255. */
    public static String of(int value) {
        return String.valueOf(LETTERS[value]);
    }

    /** The byte of a character, from 0 to 255; -1 if it stands for none. */
    public static int value(char letter) {
        return BYTES.getOrDefault(letter, -1);
    }
}

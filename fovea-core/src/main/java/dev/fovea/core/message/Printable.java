package dev.fovea.core.message;

import org.jspecify.annotations.Nullable;

/**
 * Text that came from a file or a network, as a message may quote it: on one line, of a sensible length, and with every
 * character visible that could command a terminal or turn the reading direction.
 */
public final class Printable {
    /** Longest quotation, in characters. */
    private static final int QUOTED = 80;

    /** Longest sentence, in characters. */
    private static final int SENTENCE = 1_200;

    private Printable() {}

    /** A quotation of at most {@value #QUOTED} characters. */
    public static String of(@Nullable Object value) {
        return of(value, QUOTED);
    }

    /** A quotation of at most {@code longest} characters; what was cut off is marked with {@code …}. */
    public static String of(@Nullable Object value, int longest) {
        String text = String.valueOf(value);
        if (text.length() <= longest && text.chars().allMatch(Printable::isPlain)) {
            return text;
        }
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            int character = text.codePointAt(at);
            String piece = shown(character);
            if (out.length() + piece.length() > longest) {
                return out.append('…').toString();
            }
            out.append(piece);
            at += Character.charCount(character);
        }
        return out.toString();
    }

    /** A whole sentence with nothing invisible in it. */
    public static String sentence(String text) {
        return of(text, SENTENCE);
    }

    private static String shown(int character) {
        return switch (character) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> hides(character) ? "\\u%04x".formatted(character) : Character.toString(character);
        };
    }

    private static boolean isPlain(int unit) {
        return !hides(unit);
    }

    /** Controls, line separators, marks of direction, marks without width, and halves of surrogate pairs. */
    private static boolean hides(int c) {
        return Character.isISOControl(c)
                || (c >= 0x200b && c <= 0x200f && c != 0x200d)
                || (c >= 0x2028 && c <= 0x202e)
                || (c >= 0x2060 && c <= 0x206f)
                || c == 0xfeff
                || (c >= 0xd800 && c <= 0xdfff);
    }
}

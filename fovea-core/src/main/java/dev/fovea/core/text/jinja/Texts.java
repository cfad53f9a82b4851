package dev.fovea.core.text.jinja;

import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What Python's str does to a whole text. */
final class Texts {
    private Texts() {}

    /** Takes white space, or the given characters, off the ends. */
    static String strip(String s, @Nullable Object characters, boolean left, boolean right, Limits limits) {
        String given = characters == null ? "" : Values.text(characters);
        limits.lookedAt((long) s.length() + given.length());
        BitSet set = Characters.set(given);
        int from = 0;
        int to = s.length();
        while (left && from < to && strips(characters, set, s.codePointAt(from))) {
            from += Character.charCount(s.codePointAt(from));
        }
        while (right && to > from && strips(characters, set, s.codePointBefore(to))) {
            to -= Character.charCount(s.codePointBefore(to));
        }
        return s.substring(from, to);
    }

    private static boolean strips(@Nullable Object characters, BitSet set, int c) {
        return characters == null ? Characters.isSpace(c) : set.get(c);
    }

    static String upper(String s, Limits limits) {
        limits.lookedAt(2L * s.length());
        String upper = upper(s);
        Limits.checkText(upper.length());
        return upper;
    }

    /** Character by character: Java copies the whole text for each that becomes longer. */
    private static String upper(String s) {
        StringBuilder out = new StringBuilder(s.length());
        for (int i = 0; i < s.length(); i += Character.charCount(s.codePointAt(i))) {
            int c = s.codePointAt(i);
            if (c < 0x80) {
                out.append((char) (c >= 'a' && c <= 'z' ? c - 0x20 : c));
            } else {
                out.append(Character.toString(c).toUpperCase(Locale.ROOT));
            }
        }
        return out.toString();
    }

    static String lower(String s, Limits limits) {
        limits.lookedAt(2L * s.length());
        return lower(s);
    }

    /** One character becomes longer, for which Java would copy the whole text again and again. */
    private static String lower(String s) {
        return (s.indexOf('İ') < 0 ? s : s.replace("İ", "i\u0307")).toLowerCase(Locale.ROOT);
    }

    private static String titled(int c) {
        String upper = Character.toString(c).toUpperCase(Locale.ROOT);
        return upper.codePointCount(0, upper.length()) > 1
                ? upper.substring(0, 1) + upper.substring(1).toLowerCase(Locale.ROOT)
                : Character.toString(Character.toTitleCase(c));
    }

    static String capitalize(String s, Limits limits) {
        if (s.isEmpty()) {
            return s;
        }
        int first = s.codePointAt(0);
        return titled(first) + lower(s.substring(Character.charCount(first)), limits);
    }

    static String title(String s, Limits limits) {
        limits.lookedAt(4L * s.length());
        String lower = lower(s);
        if (lower.length() != s.length()) {
            lower = s;
        }
        StringBuilder out = new StringBuilder(s.length());
        boolean inWord = false;
        for (int i = 0; i < s.length(); i += Character.charCount(s.codePointAt(i))) {
            int c = s.codePointAt(i);
            out.append(inWord ? Character.toString(lower.codePointAt(i)).toLowerCase(Locale.ROOT) : titled(c));
            inWord = Characters.isCased(c);
        }
        return out.toString();
    }

    static String swapcase(String s, Limits limits) {
        limits.lookedAt(4L * s.length());
        String lower = lower(s);
        StringBuilder out = new StringBuilder(s.length());
        for (int i = 0; i < s.length(); i += Character.charCount(s.codePointAt(i))) {
            int c = s.codePointAt(i);
            String one = Character.toString(c);
            if (Character.isUpperCase(c)) {
                // In its place, because a sigma looks at what stands around it.
                out.append(
                        lower.length() == s.length()
                                ? Character.toString(lower.codePointAt(i))
                                : one.toLowerCase(Locale.ROOT));
            } else {
                out.append(Character.isLowerCase(c) ? one.toUpperCase(Locale.ROOT) : one);
            }
        }
        return out.toString();
    }

    /** For comparing without case. */
    static String casefold(String s, Limits limits) {
        limits.lookedAt(8L * s.length());
        String upper = upper(lower(s));
        Limits.checkText(upper.length());
        return lower(upper).replace('ς', 'σ');
    }

    static String replace(String s, String old, String with, long count, Limits limits) {
        if (old.isEmpty()) {
            return between(s, with, count, limits);
        }
        StringBuilder out = new StringBuilder();
        int from = 0;
        long left = count < 0 ? Long.MAX_VALUE : count;
        while (left-- > 0) {
            int at = Search.first(s, old, from, limits);
            if (at < 0) {
                break;
            }
            limits.made((long) at - from + with.length());
            Limits.checkText((long) out.length() + at - from + with.length());
            out.append(s, from, at).append(with);
            from = at + old.length();
        }
        Limits.checkText((long) out.length() + s.length() - from);
        limits.made(s.length() - from);
        return out.append(s, from, s.length()).toString();
    }

    /** The new text before each character and at the end, which is what replacing nothing means. */
    private static String between(String s, String with, long count, Limits limits) {
        long left = count < 0 ? Long.MAX_VALUE : count;
        limits.lookedAt(s.length());
        StringBuilder out = new StringBuilder();
        for (int i = 0; i <= s.length(); ) {
            if (left-- > 0) {
                limits.made(with.length());
                Limits.checkText((long) out.length() + with.length());
                out.append(with);
            }
            if (i == s.length()) {
                break;
            }
            int c = s.codePointAt(i);
            out.appendCodePoint(c);
            i += Character.charCount(c);
        }
        return out.toString();
    }

    static String join(String separator, List<?> items, Limits limits) {
        StringBuilder out = new StringBuilder();
        boolean first = true;
        for (Object item : items) {
            String piece = PythonText.write(item, limits);
            String before = first ? "" : separator;
            limits.made((long) before.length() + piece.length());
            Limits.checkText((long) out.length() + before.length() + piece.length());
            out.append(before).append(piece);
            first = false;
        }
        return out.toString();
    }

    static String zfill(String s, long width, Limits limits) {
        long pad = width - s.codePointCount(0, s.length());
        if (pad <= 0) {
            return s;
        }
        limits.made(width);
        boolean signed = s.startsWith("-") || s.startsWith("+");
        return (signed ? s.substring(0, 1) : "") + "0".repeat((int) pad) + s.substring(signed ? 1 : 0);
    }

    static String justify(String s, String how, long width, String fill, Limits limits) {
        if (fill.codePointCount(0, fill.length()) != 1) {
            throw new TemplateException("'" + how + "' fills up with one character");
        }
        int length = s.codePointCount(0, s.length());
        limits.read(s.length());
        if (width <= length) {
            return s;
        }
        limits.made(width * fill.length());
        int pad = (int) (width - length);
        int left = switch (how) {
            case "center" -> pad / 2 + (pad & (int) width & 1);
            case "rjust" -> pad;
            default -> 0;
        };
        return fill.repeat(left) + s + fill.repeat(pad - left);
    }

    static String expandTabs(String s, long size, Limits limits) {
        limits.lookedAt(s.length());
        StringBuilder out = new StringBuilder();
        long column = 0;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c == '\t') {
                long pad = size > 0 ? size - column % size : 0;
                limits.made(pad);
                Limits.checkText(out.length() + pad);
                out.repeat(' ', (int) pad);
                column += pad;
            } else {
                out.append(c);
                column = c == '\n' || c == '\r' ? 0 : column + (Character.isLowSurrogate(c) ? 0 : 1);
            }
        }
        return out.toString();
    }
}

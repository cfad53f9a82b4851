package dev.fovea.core.text.jinja;

import java.util.BitSet;

/** What Python's str asks of characters, where Java answers otherwise. */
final class Characters {
    private static final int[][] DIGITS = {
        {0xB2, 0xB3}, {0xB9, 0xB9}, {0x1369, 0x1371}, {0x19DA, 0x19DA}, {0x2070, 0x2070}, {0x2074, 0x2079},
        {0x2080, 0x2089}, {0x2460, 0x2468}, {0x2474, 0x247C}, {0x2488, 0x2490}, {0x24EA, 0x24EA}, {0x24F5, 0x24FD},
        {0x24FF, 0x24FF}, {0x2776, 0x277E}, {0x2780, 0x2788}, {0x278A, 0x2792}
    };
    private static final String NUMERALS = "〇一二三四五六七八九十百千万亿億兆零壹贰叁肆伍陆柒捌玖拾";

    private Characters() {}

    static boolean isSpace(int c) {
        return c >= 0x09 && c <= 0x0D || c >= 0x1C && c <= 0x20 || c == 0x85 || c > 0x7F && Character.isSpaceChar(c);
    }

    /** The characters that end a line for {@code splitlines}. */
    static boolean isLineEnd(int c) {
        return c >= 0x0A && c <= 0x0D || c >= 0x1C && c <= 0x1E || c == 0x85 || c == 0x2028 || c == 0x2029;
    }

    static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    static boolean isDigit(int c) {
        if (Character.isDigit(c)) {
            return true;
        }
        for (int[] range : DIGITS) {
            if (c >= range[0] && c <= range[1]) {
                return true;
            }
        }
        return false;
    }

    static boolean isNumeric(int c) {
        int type = Character.getType(c);
        return isDigit(c)
                || type == Character.LETTER_NUMBER
                || type == Character.OTHER_NUMBER
                || NUMERALS.indexOf(c) >= 0;
    }

    static boolean isAlphanumeric(int c) {
        return Character.isLetter(c) || isNumeric(c);
    }

    static boolean isCased(int c) {
        return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }

    /** So many hexadecimal digits; a formatter would take many times as long. */
    static String hexadecimal(int c, int digits) {
        String hex = Integer.toHexString(c);
        return "0".repeat(Math.max(0, digits - hex.length())) + hex;
    }

    /** These characters as a set. */
    static BitSet set(String characters) {
        BitSet set = new BitSet();
        characters.codePoints().forEach(set::set);
        return set;
    }
}

package dev.fovea.core.text.jinja;

/** Python's escapes in the literals of texts. */
final class Escapes {
    private Escapes() {}

    /** Reads the escape whose letter stands at {@code i}; returns the place after it. */
    static int read(String source, int i, StringBuilder value, int line) {
        char c = source.charAt(i);
        switch (c) {
            case 'n' -> value.append('\n');
            case 't' -> value.append('\t');
            case 'r' -> value.append('\r');
            case 'a' -> value.append('\u0007');
            case 'b' -> value.append('\b');
            case 'f' -> value.append('\f');
            case 'v' -> value.append('\u000b');
            case '\n' -> {}
            case '\\', '\'', '"' -> value.append(c);
            case 'x', 'u', 'U' -> {
                return hexadecimal(source, i, value, line);
            }
            case 'N' -> {
                return named(source, i, value, line);
            }
            default -> {
                return octal(source, i, value);
            }
        }
        return i + 1;
    }

    private static int hexadecimal(String source, int i, StringBuilder value, int line) {
        char c = source.charAt(i);
        int digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
        int end = i + 1;
        while (end < source.length() && end <= i + digits && isHexadecimal(source.charAt(end))) {
            end++;
        }
        long code = end == i + 1 + digits ? Long.parseLong(source, i + 1, end, 16) : Long.MAX_VALUE;
        if (code > Character.MAX_CODE_POINT) {
            throw new TemplateException(
                    "line " + line + ": \\" + c + " needs " + digits + " hexadecimal digits that name a character");
        }
        value.appendCodePoint((int) code);
        return end;
    }

    private static boolean isHexadecimal(char c) {
        return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
    }

    /** {@code \N{BULLET}}. */
    private static int named(String source, int i, StringBuilder value, int line) {
        int end = source.startsWith("{", i + 1) ? source.indexOf('}', i) : -1;
        if (end > i + 2 && end - i < 100) {
            try {
                value.appendCodePoint(Character.codePointOf(source.substring(i + 2, end)));
                return end + 1;
            } catch (IllegalArgumentException e) {
                throw new TemplateException("line " + line + ": \\N names a character that does not exist");
            }
        }
        throw new TemplateException("line " + line + ": \\N needs the name of a character in braces");
    }

    private static int octal(String source, int i, StringBuilder value) {
        int end = i;
        while (end < source.length() && end < i + 3 && source.charAt(end) >= '0' && source.charAt(end) <= '7') {
            end++;
        }
        if (end > i) {
            value.appendCodePoint(Integer.parseInt(source, i, end, 8));
            return end;
        }
        value.append('\\').append(source.charAt(i));
        return i + 1;
    }
}

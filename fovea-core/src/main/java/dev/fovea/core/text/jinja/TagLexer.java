package dev.fovea.core.text.jinja;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/** Cuts the inside of one tag into tokens. */
final class TagLexer {
    private static final List<String> SYMBOLS = List.of(
            "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "|", ".", ",", ":", ";",
            "(", ")", "[", "]", "{", "}");

    private final String source;
    private final Deque<String> open = new ArrayDeque<>();
    private int at;
    private int line;

    TagLexer(String source, int at, int line) {
        this.source = source;
        this.at = at;
        this.line = line;
    }

    int at() {
        return at;
    }

    int line() {
        return line;
    }

    /** Whether every bracket that was opened is closed, so that the tag may end. */
    boolean balanced() {
        return open.isEmpty();
    }

    void skipSpace() {
        while (at < source.length() && Characters.isSpace(source.charAt(at))) {
            line += source.charAt(at) == '\n' ? 1 : 0;
            at++;
        }
    }

    Token next() {
        char c = source.charAt(at);
        if (c >= '0' && c <= '9') {
            return number();
        }
        if (isWord(source.codePointAt(at))) {
            return name();
        }
        if (c == '\'' || c == '"') {
            return string(c);
        }
        for (String symbol : SYMBOLS) {
            if (source.startsWith(symbol, at)) {
                balance(symbol);
                at += symbol.length();
                return new Token(Token.Kind.SYMBOL, symbol, line);
            }
        }
        throw new TemplateException("line " + line + ": the character '" + Character.toString(source.codePointAt(at))
                + "' is not understood");
    }

    private void balance(String symbol) {
        switch (symbol) {
            case "(" -> open.push(")");
            case "[" -> open.push("]");
            case "{" -> open.push("}");
            case ")", "]", "}" -> {
                if (open.isEmpty() || !open.pop().equals(symbol)) {
                    throw new TemplateException("line " + line + ": '" + symbol + "' closes what was not opened");
                }
            }
            default -> {}
        }
    }

    private static boolean isWord(int c) {
        return c == '_' || Character.isLetterOrDigit(c) || Character.isUnicodeIdentifierPart(c) && c > 0x7F;
    }

    private Token name() {
        int end = at;
        while (end < source.length() && isWord(source.codePointAt(end))) {
            end += Character.charCount(source.codePointAt(end));
        }
        String name = source.substring(at, end);
        if (!TextChecks.isIdentifier(name)) {
            throw new TemplateException("line " + line + ": '" + name + "' cannot be a name");
        }
        at = end;
        return new Token(Token.Kind.NAME, name, line);
    }

    private Token number() {
        boolean afterDot = at > 0 && source.charAt(at - 1) == '.';
        int end = digitsEnd(at, 10);
        int fraction = source.startsWith(".", end) ? digitsEnd(end + 1, 10) : -1;
        int realEnd = fraction > end + 1 ? fraction : end;
        realEnd = exponentEnd(realEnd);
        if (!afterDot && realEnd > end) {
            return taken(Token.Kind.FLOAT, source.substring(at, realEnd).replace("_", ""), realEnd);
        }
        String prefix = source.substring(at, Math.min(at + 2, source.length())).toLowerCase(Locale.ROOT);
        int radix = prefix.equals("0x") ? 16 : prefix.equals("0o") ? 8 : prefix.equals("0b") ? 2 : 10;
        if (radix != 10) {
            int from = at + 2 + (source.startsWith("_", at + 2) ? 1 : 0);
            end = digitsEnd(from, radix);
            if (end > from) {
                return whole(source.substring(from, end).replace("_", ""), radix, end);
            }
        }
        if (source.charAt(at) == '0') {
            end = at + 1;
            while (source.startsWith("0", end) || source.startsWith("_0", end)) {
                end += source.charAt(end) == '_' ? 2 : 1;
            }
        } else {
            end = digitsEnd(at, 10);
        }
        return whole(source.substring(at, end).replace("_", ""), 10, end);
    }

    private Token whole(String digits, int radix, int end) {
        try {
            return taken(Token.Kind.INTEGER, Long.toString(Long.parseLong(digits, radix)), end);
        } catch (NumberFormatException e) {
            String shown = digits.length() > 40 ? digits.substring(0, 40) + "..." : digits;
            throw new TemplateException("line " + line + ": the number " + shown + " is too large");
        }
    }

    private Token taken(Token.Kind kind, String text, int end) {
        at = end;
        return new Token(kind, text, line);
    }

    /** The end of digits that may have single underscores between them; {@code from} if there are none. */
    private int digitsEnd(int from, int radix) {
        int end = from;
        while (end < source.length()) {
            int next = end > from && source.charAt(end) == '_' ? end + 1 : end;
            if (next >= source.length()
                    || source.charAt(next) > 'f'
                    || Character.digit(source.charAt(next), radix) < 0) {
                return end;
            }
            end = next + 1;
        }
        return end;
    }

    /** The end of an exponent such as {@code e-3} that begins here; where it begins if there is none. */
    private int exponentEnd(int begin) {
        if (begin >= source.length() || Character.toLowerCase(source.charAt(begin)) != 'e') {
            return begin;
        }
        int digits = begin + 1;
        if (digits < source.length() && "+-".indexOf(source.charAt(digits)) >= 0) {
            digits++;
        }
        int end = digitsEnd(digits, 10);
        return end > digits ? end : begin;
    }

    private Token string(char quote) {
        int begun = line;
        StringBuilder value = new StringBuilder();
        int i = at + 1;
        while (i < source.length() && source.charAt(i) != quote) {
            char c = source.charAt(i++);
            line += c == '\n' ? 1 : 0;
            if (c == '\\' && i < source.length()) {
                i = Escapes.read(source, i, value, line);
                line += source.charAt(i - 1) == '\n' ? 1 : 0;
            } else {
                value.append(c);
            }
        }
        if (i >= source.length()) {
            throw new TemplateException("line " + begun + ": a text is never closed with " + quote);
        }
        at = i + 1;
        return new Token(Token.Kind.STRING, value.toString(), begun);
    }
}

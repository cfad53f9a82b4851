package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a template into tokens, with the white-space rules of {@code trim_blocks} and {@code lstrip_blocks}: the newline
 * after a tag goes, and so does the indentation before a tag that begins its line.
 */
final class Lexer {
    private static final List<String> SYMBOLS = List.of(
            "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "|", ".", ",", ":", "(",
            ")", "[", "]", "{", "}");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;

    /** Whether what was consumed last ended a line, so that a tag may be the first thing on the next. */
    private boolean lineStarts = true;

    private Lexer(String source) {
        String unix = source.replace("\r\n", "\n").replace('\r', '\n');
        this.source = unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix;
    }

    static List<Token> tokens(String source) {
        return new Lexer(source).run();
    }

    private List<Token> run() {
        while (at < source.length()) {
            int begin = nextDelimiter();
            text(begin);
            if (begin < source.length()) {
                switch (source.charAt(begin + 1)) {
                    case '#' -> comment();
                    case '%' -> {
                        if (!raw()) {
                            code(Token.Kind.TAG_BEGIN, Token.Kind.TAG_END, "%}");
                        }
                    }
                    default -> code(Token.Kind.OUTPUT_BEGIN, Token.Kind.OUTPUT_END, "}}");
                }
            }
        }
        tokens.add(new Token(Token.Kind.END, "", line));
        return tokens;
    }

    private int nextDelimiter() {
        for (int i = at; i + 1 < source.length(); i++) {
            if (source.charAt(i) == '{' && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return source.length();
    }

    /** Takes the text up to {@code end}, less what the delimiter there trims from it. */
    private void text(int end) {
        String text = source.substring(at, end);
        boolean signed = end + 2 < source.length();
        char sign = signed ? source.charAt(end + 2) : ' ';
        String kept = text;
        if (end < source.length() && sign == '-') {
            kept = text.stripTrailing();
        } else if (end < source.length() && sign != '+' && source.charAt(end + 1) != '{') {
            int lineBegin = text.lastIndexOf('\n') + 1;
            if ((lineBegin > 0 || lineStarts) && text.substring(lineBegin).isBlank()) {
                kept = text.substring(0, lineBegin);
            }
        }
        if (!kept.isEmpty()) {
            tokens.add(new Token(Token.Kind.TEXT, kept, line));
        }
        advanceTo(end);
    }

    private void advanceTo(int end) {
        for (int i = at; i < end; i++) {
            if (source.charAt(i) == '\n') {
                line++;
            }
        }
        if (end > at) {
            lineStarts = source.charAt(end - 1) == '\n';
        }
        at = end;
    }

    private void comment() {
        int end = source.indexOf("#}", at + 2);
        if (end < 0) {
            throw new TemplateException("line " + line + ": a comment {# is never closed");
        }
        boolean strips = source.charAt(end - 1) == '-';
        advanceTo(end + 2);
        afterTag(strips, !strips && source.charAt(end - 1) != '+');
    }

    /** White space after a closing delimiter: all of it, or one newline, or none. */
    private void afterTag(boolean all, boolean newline) {
        int end = at;
        if (all) {
            while (end < source.length() && Character.isWhitespace(source.charAt(end))) {
                end++;
            }
        } else if (newline && end < source.length() && source.charAt(end) == '\n') {
            end++;
        }
        advanceTo(end);
    }

    /** {@code {% raw %}} to {@code {% endraw %}}: everything between is text. */
    private boolean raw() {
        int open = tag("raw", at);
        if (open < 0) {
            return false;
        }
        for (int i = source.indexOf("{%", open); i >= 0; i = source.indexOf("{%", i + 2)) {
            int close = tag("endraw", i);
            if (close >= 0) {
                int from = open;
                advanceTo(open);
                afterTag(source.charAt(from - 3) == '-', false);
                text(i);
                advanceTo(close);
                boolean strips = source.charAt(close - 3) == '-';
                afterTag(strips, !strips);
                return true;
            }
        }
        throw new TemplateException("line " + line + ": {% raw %} is never closed");
    }

    /** The end of the tag of this name that begins here, or -1. */
    private int tag(String name, int begin) {
        int end = source.indexOf("%}", begin);
        if (end < 0) {
            return -1;
        }
        String inner =
                source.substring(begin + 2, end).replaceFirst("^[-+]", "").replaceFirst("[-+]$", "");
        return inner.strip().equals(name) ? end + 2 : -1;
    }

    private void code(Token.Kind begin, Token.Kind end, String closing) {
        tokens.add(new Token(begin, "", line));
        int opened = line;
        at += 2;
        if (at < source.length() && "-+".indexOf(source.charAt(at)) >= 0) {
            at++;
        }
        int depth = 0;
        while (true) {
            skipSpace();
            if (at >= source.length()) {
                throw new TemplateException("line " + opened + ": a tag is never closed with " + closing);
            }
            if (depth == 0 && closes(closing)) {
                tokens.add(new Token(end, "", line));
                return;
            }
            depth += token();
        }
    }

    private void skipSpace() {
        int end = at;
        while (end < source.length() && Character.isWhitespace(source.charAt(end))) {
            end++;
        }
        advanceTo(end);
    }

    private boolean closes(String closing) {
        if (source.startsWith(closing, at)) {
            advanceTo(at + 2);
            afterTag(false, closing.equals("%}"));
            return true;
        }
        char sign = source.charAt(at);
        if ((sign == '-' || sign == '+') && source.startsWith(closing, at + 1)) {
            advanceTo(at + 3);
            afterTag(sign == '-', false);
            return true;
        }
        return false;
    }

    /** Takes one token and returns by how much it deepens the nesting of brackets. */
    private int token() {
        char c = source.charAt(at);
        if (Character.isJavaIdentifierStart(c) && c != '$') {
            int end = at;
            while (end < source.length() && Character.isJavaIdentifierPart(source.charAt(end))) {
                end++;
            }
            add(Token.Kind.NAME, end);
            return 0;
        }
        if (Character.isDigit(c)) {
            number();
            return 0;
        }
        if (c == '\'' || c == '"') {
            string(c);
            return 0;
        }
        for (String symbol : SYMBOLS) {
            if (source.startsWith(symbol, at)) {
                add(Token.Kind.SYMBOL, at + symbol.length());
                return "([{".contains(symbol) ? 1 : ")]}".contains(symbol) ? -1 : 0;
            }
        }
        throw new TemplateException("line " + line + ": the character '" + c + "' is not understood");
    }

    private void add(Token.Kind kind, int end) {
        tokens.add(new Token(kind, source.substring(at, end), line));
        at = end;
    }

    private void number() {
        int end = at;
        while (end < source.length() && Character.isDigit(source.charAt(end))) {
            end++;
        }
        boolean real =
                end + 1 < source.length() && source.charAt(end) == '.' && Character.isDigit(source.charAt(end + 1));
        if (real) {
            end++;
            while (end < source.length() && Character.isDigit(source.charAt(end))) {
                end++;
            }
        }
        int exponent = exponentEnd(end);
        add(real || exponent > end ? Token.Kind.FLOAT : Token.Kind.INTEGER, exponent);
    }

    /** The end of an exponent such as {@code e-3} that begins here; where it begins if there is none. */
    private int exponentEnd(int begin) {
        int at = begin;
        if (at >= source.length() || Character.toLowerCase(source.charAt(at)) != 'e') {
            return begin;
        }
        at++;
        if (at < source.length() && "+-".indexOf(source.charAt(at)) >= 0) {
            at++;
        }
        int digits = at;
        while (at < source.length() && Character.isDigit(source.charAt(at))) {
            at++;
        }
        return at > digits ? at : begin;
    }

    private void string(char quote) {
        StringBuilder value = new StringBuilder();
        int begun = line;
        int i = at + 1;
        while (i < source.length() && source.charAt(i) != quote) {
            char c = source.charAt(i++);
            if (c == '\\' && i < source.length()) {
                i = escape(i, value);
            } else {
                value.append(c);
            }
        }
        if (i >= source.length()) {
            throw new TemplateException("line " + begun + ": a text is never closed with " + quote);
        }
        advanceTo(i + 1);
        tokens.add(new Token(Token.Kind.STRING, value.toString(), begun));
    }

    /** The escape whose letter stands at {@code i}; returns the place after it. */
    private int escape(int i, StringBuilder value) {
        char c = source.charAt(i);
        int digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        if (digits > 0 && i + digits < source.length()) {
            try {
                value.appendCodePoint(Integer.parseInt(source.substring(i + 1, i + 1 + digits), 16));
                return i + 1 + digits;
            } catch (IllegalArgumentException e) {
                throw new TemplateException("line " + line + ": \\" + c + " needs " + digits + " hexadecimal digits");
            }
        }
        switch (c) {
            case 'n' -> value.append('\n');
            case 't' -> value.append('\t');
            case 'r' -> value.append('\r');
            case 'b' -> value.append('\b');
            case 'f' -> value.append('\f');
            case '0' -> value.append('\0');
            case '\n' -> {}
            case '\\', '\'', '"' -> value.append(c);
            default -> value.append('\\').append(c);
        }
        return i + 1;
    }
}

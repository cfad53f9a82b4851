package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a template into tokens, with the white-space rules of {@code trim_blocks} and {@code lstrip_blocks}: the newline
 * after a tag goes, and so does the indentation before a tag that begins its line.
 */
final class Lexer {
    /** More tokens than these no honest template has, and each takes memory. */
    private static final int MAX_TOKENS = 200_000;

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
                        int open = tagEnd("raw", at);
                        if (open >= 0) {
                            raw(open);
                        } else {
                            code(Token.Kind.TAG_BEGIN, Token.Kind.TAG_END, "%}");
                        }
                    }
                    default -> code(Token.Kind.OUTPUT_BEGIN, Token.Kind.OUTPUT_END, "}}");
                }
            }
        }
        add(Token.Kind.END, "", line);
        return tokens;
    }

    private void add(Token.Kind kind, String text, int begun) {
        if (tokens.size() == MAX_TOKENS) {
            throw new TemplateException("line " + line + ": the template has more than " + MAX_TOKENS + " parts");
        }
        tokens.add(new Token(kind, text, begun));
    }

    private int nextDelimiter() {
        int i = source.indexOf('{', at);
        while (i >= 0 && i + 1 < source.length() && "{%#".indexOf(source.charAt(i + 1)) < 0) {
            i = source.indexOf('{', i + 1);
        }
        return i < 0 || i + 1 >= source.length() ? source.length() : i;
    }

    /** Takes the text up to {@code end}, less what the delimiter there trims from it. */
    private void text(int end) {
        char sign = sign(end);
        int kept = end;
        if (end < source.length() && sign == '-') {
            while (kept > at && Characters.isSpace(source.charAt(kept - 1))) {
                kept--;
            }
        } else if (end < source.length() && sign != '+' && source.charAt(end + 1) != '{') {
            int begin = end;
            while (begin > at && source.charAt(begin - 1) != '\n' && Characters.isSpace(source.charAt(begin - 1))) {
                begin--;
            }
            boolean beginsLine = begin > at ? source.charAt(begin - 1) == '\n' : lineStarts;
            kept = beginsLine ? begin : end;
        }
        if (kept > at) {
            add(Token.Kind.TEXT, source.substring(at, kept), line);
        }
        advanceTo(end);
    }

    /** The sign after the delimiter that begins here, or a space. */
    private char sign(int delimiter) {
        char sign = delimiter + 2 < source.length() ? source.charAt(delimiter + 2) : ' ';
        return sign == '-' || sign == '+' ? sign : ' ';
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
        int from = at + 2 + (sign(at) == ' ' ? 0 : 1);
        int end = source.indexOf("#}", from);
        if (from == source.length()) {
            advanceTo(from);
            return;
        }
        if (end < 0) {
            throw new TemplateException("line " + line + ": a comment {# is never closed");
        }
        char before = end > from ? source.charAt(end - 1) : ' ';
        advanceTo(end + 2);
        afterTag(before == '-', before != '-' && before != '+');
    }

    /** White space after a closing delimiter: all of it, or one newline, or none. */
    private void afterTag(boolean all, boolean newline) {
        int end = at;
        if (all) {
            end = pastSpace(end);
        } else if (newline && end < source.length() && source.charAt(end) == '\n') {
            end++;
        }
        advanceTo(end);
    }

    private int pastSpace(int from) {
        int end = from;
        while (end < source.length() && Characters.isSpace(source.charAt(end))) {
            end++;
        }
        return end;
    }

    /** {@code {% raw %}} to {@code {% endraw %}}: everything between is text. */
    private void raw(int open) {
        for (int i = source.indexOf("{%", open); i >= 0; i = source.indexOf("{%", i + 2)) {
            int close = tagEnd("endraw", i);
            if (close >= 0) {
                advanceTo(open);
                afterTag(source.charAt(open - 3) == '-', false);
                text(i);
                advanceTo(close);
                char before = source.charAt(close - 3);
                afterTag(before == '-', before != '-' && before != '+');
                return;
            }
        }
        if (pastSpace(open) < source.length()) {
            throw new TemplateException("line " + line + ": {% raw %} is never closed");
        }
        advanceTo(source.length());
    }

    /** The end of the tag of this name that begins here, or -1. */
    private int tagEnd(String name, int begin) {
        int i = pastSpace(begin + 2 + (sign(begin) == ' ' ? 0 : 1));
        if (!source.startsWith(name, i)) {
            return -1;
        }
        i = pastSpace(i + name.length());
        if (i < source.length() && (source.charAt(i) == '-' || source.charAt(i) == '+' && name.equals("endraw"))) {
            i++;
        }
        return source.startsWith("%}", i) ? i + 2 : -1;
    }

    private void code(Token.Kind begin, Token.Kind end, String closing) {
        add(begin, "", line);
        int opened = line;
        at += sign(at) == ' ' ? 2 : 3;
        TagLexer tag = new TagLexer(source, at, line);
        while (true) {
            tag.skipSpace();
            if (tag.at() >= source.length()) {
                throw new TemplateException("line " + opened + ": a tag is never closed with " + closing);
            }
            if (tag.balanced()) {
                char sign = source.charAt(tag.at());
                int close = source.startsWith(closing, tag.at())
                        ? tag.at()
                        : (sign == '-' || sign == '+' && closing.equals("%}"))
                                        && source.startsWith(closing, tag.at() + 1)
                                ? tag.at() + 1
                                : -1;
                if (close >= 0) {
                    boolean plain = close == tag.at();
                    line = tag.line();
                    at = close;
                    lineStarts = false;
                    add(end, "", line);
                    advanceTo(close + 2);
                    afterTag(!plain && sign == '-', plain && closing.equals("%}"));
                    return;
                }
            }
            Token token = tag.next();
            add(token.kind(), token.text(), token.line());
        }
    }
}

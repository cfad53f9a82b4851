package dev.fovea.core.text.jinja;

import java.util.List;

/** Walks along the tokens of a template. */
class Tokens {
    private final List<Token> tokens;
    private int at;

    Tokens(List<Token> tokens) {
        this.tokens = tokens;
    }

    final Token peek() {
        return tokens.get(at);
    }

    final Token peekAfter() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    final Token next() {
        return tokens.get(at < tokens.size() - 1 ? at++ : at);
    }

    final void back() {
        at--;
    }

    final boolean is(Token.Kind kind) {
        return peek().kind() == kind;
    }

    final boolean isSymbol(String text) {
        return peek().is(Token.Kind.SYMBOL, text);
    }

    final boolean isName(String text) {
        return peek().is(Token.Kind.NAME, text);
    }

    final boolean takeSymbol(String text) {
        if (isSymbol(text)) {
            at++;
            return true;
        }
        return false;
    }

    final boolean takeName(String text) {
        if (isName(text)) {
            at++;
            return true;
        }
        return false;
    }

    final void expectSymbol(String text) {
        if (!takeSymbol(text)) {
            throw unexpected("'" + text + "'");
        }
    }

    final String expectName() {
        if (!is(Token.Kind.NAME)) {
            throw unexpected("a name");
        }
        return next().text();
    }

    final TemplateException unexpected(String wanted) {
        Token t = peek();
        String found = switch (t.kind()) {
            case END -> "the end of the template";
            case OUTPUT_END, TAG_END -> "the end of the tag";
            default -> "'" + (t.text().length() > 40 ? t.text().substring(0, 40) + "..." : t.text()) + "'";
        };
        return new TemplateException("line " + t.line() + ": " + wanted + " was expected, not " + found);
    }

    final TemplateException wrong(String what) {
        return new TemplateException("line " + peek().line() + ": " + what);
    }
}

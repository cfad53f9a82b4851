package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses expressions, with Jinja's precedences: conditional, or, and, not, comparisons, +, ~, *, **, unary, postfix. */
class ExpressionParser {
    /** No honest template nests deeper; a hostile one must not exhaust the stack. */
    private static final int MAX_DEPTH = 100;

    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

    private final List<Token> tokens;
    private int at;
    private int depth;

    ExpressionParser(List<Token> tokens) {
        this.tokens = tokens;
    }

    // ---- tokens ----

    final Token peek() {
        return tokens.get(at);
    }

    private Token peekAfter() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    final Token next() {
        return tokens.get(at < tokens.size() - 1 ? at++ : at);
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
        if (peek().kind() != Token.Kind.NAME) {
            throw unexpected("a name");
        }
        return next().text();
    }

    final TemplateException unexpected(String wanted) {
        Token t = peek();
        String found = switch (t.kind()) {
            case END -> "the end of the template";
            case OUTPUT_END, TAG_END -> "the end of the tag";
            default -> "'" + t.text() + "'";
        };
        return new TemplateException("line " + t.line() + ": " + wanted + " was expected, not " + found);
    }

    // ---- expressions ----

    /** Any expression; several with commas between them are a tuple. */
    final Expr tuple() {
        return tuple(true);
    }

    /** As above; without {@code conditional} an {@code if} after it is left to the caller. */
    final Expr tuple(boolean conditional) {
        Expr first = conditional ? expression() : or();
        if (!isSymbol(",")) {
            return first;
        }
        List<Expr> items = new ArrayList<>(List.of(first));
        while (takeSymbol(",") && startsExpression()) {
            items.add(conditional ? expression() : or());
        }
        return new Expr.Items(items);
    }

    private boolean startsExpression() {
        return switch (peek().kind()) {
            case NAME, STRING, INTEGER, FLOAT -> true;
            case SYMBOL -> Set.of("(", "[", "{", "-", "+").contains(peek().text());
            default -> false;
        };
    }

    final Expr expression() {
        if (++depth > MAX_DEPTH) {
            throw new TemplateException("line " + peek().line() + ": expressions are nested too deeply");
        }
        Expr value = or();
        while (takeName("if")) {
            Expr condition = or();
            value = new Expr.Conditional(condition, value, takeName("else") ? expression() : null);
        }
        depth--;
        return value;
    }

    private Expr or() {
        Expr left = and();
        while (takeName("or")) {
            left = new Expr.Logic(false, left, and());
        }
        return left;
    }

    private Expr and() {
        Expr left = not();
        while (takeName("and")) {
            left = new Expr.Logic(true, left, not());
        }
        return left;
    }

    private Expr not() {
        int count = 0;
        while (takeName("not")) {
            count++;
        }
        Expr value = comparison();
        for (int i = 0; i < Math.min(count, 2 - count % 2); i++) {
            value = new Expr.Unary("not", value);
        }
        return value;
    }

    private Expr comparison() {
        Expr first = sum();
        List<Expr> operands = new ArrayList<>(List.of(first));
        List<String> operators = new ArrayList<>();
        while (true) {
            if (peek().kind() == Token.Kind.SYMBOL && COMPARISONS.contains(peek().text())) {
                operators.add(next().text());
            } else if (takeName("in")) {
                operators.add("in");
            } else if (isName("not") && peekAfter().is(Token.Kind.NAME, "in")) {
                at += 2;
                operators.add("not in");
            } else {
                return operators.isEmpty() ? first : new Expr.Compare(operands, operators);
            }
            operands.add(sum());
        }
    }

    private Expr sum() {
        Expr left = concatenation();
        while (isSymbol("+") || isSymbol("-")) {
            left = new Expr.Binary(next().text(), left, concatenation());
        }
        return left;
    }

    private Expr concatenation() {
        Expr left = product();
        while (takeSymbol("~")) {
            left = new Expr.Binary("~", left, product());
        }
        return left;
    }

    private Expr product() {
        Expr left = power();
        while (isSymbol("*") || isSymbol("/") || isSymbol("//") || isSymbol("%")) {
            left = new Expr.Binary(next().text(), left, power());
        }
        return left;
    }

    private Expr power() {
        Expr left = unary(true);
        while (takeSymbol("**")) {
            left = new Expr.Binary("**", left, unary(true));
        }
        return left;
    }

    private Expr unary(boolean filters) {
        Expr value;
        if (isSymbol("-") || isSymbol("+")) {
            String sign = next().text();
            if (++depth > MAX_DEPTH) {
                throw new TemplateException("line " + peek().line() + ": expressions are nested too deeply");
            }
            value = new Expr.Unary(sign, unary(false));
            depth--;
        } else {
            value = postfix(primary());
        }
        return filters ? filters(value) : value;
    }

    private Expr primary() {
        Token t = next();
        return switch (t.kind()) {
            case NAME -> name(t.text());
            case STRING -> {
                StringBuilder text = new StringBuilder(t.text());
                while (peek().kind() == Token.Kind.STRING) {
                    text.append(next().text());
                }
                yield new Expr.Constant(text.toString());
            }
            case INTEGER -> new Expr.Constant(integer(t));
            case FLOAT -> new Expr.Constant(Double.valueOf(t.text()));
            case SYMBOL -> bracket(t);
            default -> {
                at--;
                throw unexpected("a value");
            }
        };
    }

    private static Long integer(Token t) {
        try {
            return Long.valueOf(t.text());
        } catch (NumberFormatException e) {
            throw new TemplateException("line " + t.line() + ": the number " + t.text() + " is too large");
        }
    }

    private static Expr name(String name) {
        return switch (name) {
            case "true", "True" -> new Expr.Constant(true);
            case "false", "False" -> new Expr.Constant(false);
            case "none", "None" -> new Expr.Constant(null);
            default -> new Expr.Name(name);
        };
    }

    private Expr bracket(Token t) {
        switch (t.text()) {
            case "(" -> {
                if (takeSymbol(")")) {
                    return new Expr.Items(List.of());
                }
                Expr inner = tuple();
                expectSymbol(")");
                return inner;
            }
            case "[" -> {
                List<Expr> items = new ArrayList<>();
                while (!takeSymbol("]")) {
                    items.add(expression());
                    if (!isSymbol("]")) {
                        expectSymbol(",");
                    }
                }
                return new Expr.Items(items);
            }
            case "{" -> {
                return entries();
            }
            default -> {
                at--;
                throw unexpected("a value");
            }
        }
    }

    private Expr entries() {
        List<Expr> keys = new ArrayList<>();
        List<Expr> values = new ArrayList<>();
        while (!takeSymbol("}")) {
            keys.add(expression());
            expectSymbol(":");
            values.add(expression());
            if (!isSymbol("}")) {
                expectSymbol(",");
            }
        }
        return new Expr.Entries(keys, values);
    }

    private Expr postfix(Expr start) {
        Expr value = start;
        while (true) {
            if (takeSymbol(".")) {
                Token t = next();
                if (t.kind() == Token.Kind.INTEGER) {
                    value = new Expr.Item(value, new Expr.Constant(integer(t)));
                } else if (t.kind() == Token.Kind.NAME) {
                    value = new Expr.Attribute(value, t.text());
                } else {
                    at--;
                    throw unexpected("a name");
                }
            } else if (takeSymbol("[")) {
                value = subscript(value);
            } else if (isSymbol("(")) {
                value = new Expr.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    private Expr subscript(Expr target) {
        @Nullable Expr from = isSymbol(":") ? null : expression();
        if (takeSymbol("]")) {
            return new Expr.Item(target, Objects.requireNonNull(from));
        }
        expectSymbol(":");
        @Nullable Expr to = isSymbol("]") || isSymbol(":") ? null : expression();
        @Nullable Expr step = takeSymbol(":") && !isSymbol("]") ? expression() : null;
        expectSymbol("]");
        return new Expr.Slice(target, from, to, step);
    }

    /** Filters and tests after a value, applied from left to right. */
    final Expr filters(Expr start) {
        Expr value = start;
        while (true) {
            if (takeSymbol("|")) {
                String name = expectName();
                value = new Expr.Filter(value, name, isSymbol("(") ? arguments() : Expr.Arguments.NONE);
            } else if (takeName("is")) {
                value = test(value);
            } else if (isSymbol("(")) {
                value = new Expr.Call(value, arguments());
            } else {
                return value;
            }
        }
    }

    private Expr test(Expr value) {
        boolean negated = takeName("not");
        String name = expectName();
        Expr.Arguments arguments = Expr.Arguments.NONE;
        if (isSymbol("(")) {
            arguments = arguments();
        } else if (startsBareArgument()) {
            arguments = new Expr.Arguments(List.of(postfix(primary())), Map.of());
        }
        return new Expr.Test(value, name, arguments, negated);
    }

    private boolean startsBareArgument() {
        Token t = peek();
        return switch (t.kind()) {
            case STRING, INTEGER, FLOAT -> true;
            case NAME -> !Set.of("else", "or", "and", "is", "if", "in", "not").contains(t.text());
            case SYMBOL -> t.text().equals("[") || t.text().equals("{");
            default -> false;
        };
    }

    final Expr.Arguments arguments() {
        expectSymbol("(");
        List<Expr> positional = new ArrayList<>();
        Map<String, Expr> named = new LinkedHashMap<>();
        while (!takeSymbol(")")) {
            if (peek().kind() == Token.Kind.NAME && peekAfter().is(Token.Kind.SYMBOL, "=")) {
                String name = expectName();
                expectSymbol("=");
                named.put(name, expression());
            } else {
                positional.add(expression());
            }
            if (!isSymbol(")")) {
                expectSymbol(",");
            }
        }
        return new Expr.Arguments(positional, named);
    }
}

package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses expressions, with Jinja's precedences: conditional, or, and, not, comparisons, +, ~, *, **, unary, postfix. */
class ExpressionParser extends Tokens {
    /** No honest template nests brackets deeper; a hostile one must not exhaust the stack. */
    private static final int MAX_DEPTH = 100;

    /** How high the tree of an expression may grow, by brackets or by chains of operators. */
    private static final int MAX_HEIGHT = 200;

    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    private static final Set<String> SUMS = Set.of("+", "-");
    private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");

    /** Names that were read since the innermost macro began. */
    Set<String> read = new HashSet<>();

    private int depth;

    /** How high the tree is of the expression that was parsed last. */
    private int height;

    ExpressionParser(List<Token> tokens) {
        super(tokens);
    }

    /** Says that the tree has grown above parts of this height. */
    private void grow(int parts) {
        if (parts >= MAX_HEIGHT) {
            throw wrong("expressions are nested too deeply");
        }
        height = parts + 1;
    }

    // ---- conditional, logic, comparison ----

    /** Any expression; several with commas between them are a tuple. */
    final Expr tuple() {
        return tuple(true, false);
    }

    /**
     * As above.
     *
     * @param conditional whether an {@code if} after it belongs to it
     * @param mayBeEmpty whether nothing at all is the empty tuple
     */
    final Expr tuple(boolean conditional, boolean mayBeEmpty) {
        List<Expr> items = new ArrayList<>();
        int tallest = 0;
        boolean commas = false;
        while (!endsTuple()) {
            items.add(conditional ? expression() : or());
            tallest = Math.max(tallest, height);
            if (!takeSymbol(",")) {
                break;
            }
            commas = true;
        }
        if (!commas && items.size() == 1) {
            height = tallest;
            return items.getFirst();
        }
        if (items.isEmpty() && !mayBeEmpty) {
            throw unexpected("a value");
        }
        grow(tallest);
        return new Expr.Items(items, true);
    }

    private boolean endsTuple() {
        return is(Token.Kind.OUTPUT_END) || is(Token.Kind.TAG_END) || isSymbol(")") || isName("recursive");
    }

    final Expr expression() {
        if (++depth > MAX_DEPTH) {
            throw wrong("expressions are nested too deeply");
        }
        Expr value = or();
        int tallest = height;
        while (takeName("if")) {
            Expr condition = or();
            tallest = Math.max(tallest, height);
            Expr otherwise = null;
            if (takeName("else")) {
                otherwise = expression();
                tallest = Math.max(tallest, height);
            }
            value = new Expr.Conditional(condition, value, otherwise);
            grow(tallest);
            tallest = height;
        }
        depth--;
        return value;
    }

    private Expr or() {
        Expr left = and();
        int tallest = height;
        while (takeName("or")) {
            left = new Expr.Logic(false, left, and());
            grow(Math.max(tallest, height));
            tallest = height;
        }
        return left;
    }

    private Expr and() {
        Expr left = not();
        int tallest = height;
        while (takeName("and")) {
            left = new Expr.Logic(true, left, not());
            grow(Math.max(tallest, height));
            tallest = height;
        }
        return left;
    }

    /** Two negations cancel out, and so do any two of more, so that even thousands in a row nest no deeper than two. */
    private Expr not() {
        int count = 0;
        while (takeName("not")) {
            count++;
        }
        Expr value = comparison();
        for (int i = 0; i < (count > 2 ? 2 - count % 2 : count); i++) {
            value = new Expr.Not(value);
            grow(height);
        }
        return value;
    }

    private Expr comparison() {
        Expr first = sum();
        int tallest = height;
        List<Expr> operands = new ArrayList<>(List.of(first));
        List<String> operators = new ArrayList<>();
        while (true) {
            if (is(Token.Kind.SYMBOL) && COMPARISONS.contains(peek().text())) {
                operators.add(next().text());
            } else if (takeName("in")) {
                operators.add("in");
            } else if (isName("not") && peekAfter().is(Token.Kind.NAME, "in")) {
                next();
                next();
                operators.add("not in");
            } else if (operators.isEmpty()) {
                return first;
            } else {
                grow(tallest);
                return new Expr.Compare(operands, operators);
            }
            operands.add(sum());
            tallest = Math.max(tallest, height);
        }
    }

    // ---- arithmetic ----

    private Expr sum() {
        Expr left = concatenation();
        int tallest = height;
        while (is(Token.Kind.SYMBOL) && SUMS.contains(peek().text())) {
            left = new Expr.Binary(next().text(), left, concatenation());
            grow(Math.max(tallest, height));
            tallest = height;
        }
        return left;
    }

    private Expr concatenation() {
        Expr first = product();
        int tallest = height;
        if (!isSymbol("~")) {
            return first;
        }
        List<Expr> parts = new ArrayList<>(List.of(first));
        while (takeSymbol("~")) {
            parts.add(product());
            tallest = Math.max(tallest, height);
        }
        grow(tallest);
        return new Expr.Concatenation(parts);
    }

    private Expr product() {
        Expr left = power();
        int tallest = height;
        while (is(Token.Kind.SYMBOL) && PRODUCTS.contains(peek().text())) {
            left = new Expr.Binary(next().text(), left, power());
            grow(Math.max(tallest, height));
            tallest = height;
        }
        return left;
    }

    private Expr power() {
        Expr left = unary(true);
        int tallest = height;
        while (takeSymbol("**")) {
            left = new Expr.Binary("**", left, unary(true));
            grow(Math.max(tallest, height));
            tallest = height;
        }
        return left;
    }

    private Expr unary(boolean filters) {
        Expr value;
        if (isSymbol("-") || isSymbol("+")) {
            if (++depth > MAX_DEPTH) {
                throw wrong("expressions are nested too deeply");
            }
            value = new Expr.Sign(next().text(), unary(false));
            grow(height);
            depth--;
        } else {
            value = primary();
        }
        value = postfix(value);
        return filters ? filters(value) : value;
    }

    // ---- values ----

    final Expr primary() {
        Token t = next();
        height = 1;
        return switch (t.kind()) {
            case NAME -> name(t.text());
            case STRING -> {
                StringBuilder text = new StringBuilder(t.text());
                while (is(Token.Kind.STRING)) {
                    text.append(next().text());
                }
                yield new Expr.Constant(text.toString());
            }
            case INTEGER -> new Expr.Constant(Long.valueOf(t.text()));
            case FLOAT -> new Expr.Constant(Double.valueOf(t.text()));
            case SYMBOL -> bracket(t);
            case END -> throw unexpected("a value");
            default -> {
                back();
                throw unexpected("a value");
            }
        };
    }

    private Expr name(String name) {
        return switch (name) {
            case "true", "True" -> new Expr.Constant(true);
            case "false", "False" -> new Expr.Constant(false);
            case "none", "None" -> new Expr.Constant(null);
            default -> {
                read.add(name);
                yield new Expr.Name(name);
            }
        };
    }

    private Expr bracket(Token t) {
        switch (t.text()) {
            case "(" -> {
                Expr inner = tuple(true, true);
                expectSymbol(")");
                return inner;
            }
            case "[" -> {
                return new Expr.Items(items("]"), false);
            }
            case "{" -> {
                return entries();
            }
            default -> {
                back();
                throw unexpected("a value");
            }
        }
    }

    private List<Expr> items(String close) {
        List<Expr> items = new ArrayList<>();
        int tallest = 0;
        while (!takeSymbol(close)) {
            items.add(expression());
            tallest = Math.max(tallest, height);
            if (!isSymbol(close)) {
                expectSymbol(",");
            }
        }
        grow(tallest);
        return items;
    }

    private Expr entries() {
        List<Expr> keys = new ArrayList<>();
        List<Expr> values = new ArrayList<>();
        int tallest = 0;
        while (!takeSymbol("}")) {
            keys.add(expression());
            tallest = Math.max(tallest, height);
            expectSymbol(":");
            values.add(expression());
            tallest = Math.max(tallest, height);
            if (!isSymbol("}")) {
                expectSymbol(",");
            }
        }
        grow(tallest);
        return new Expr.Entries(keys, values);
    }

    // ---- what follows a value ----

    private Expr postfix(Expr start) {
        Expr value = start;
        while (true) {
            int below = height;
            if (takeSymbol(".")) {
                Token t = next();
                if (t.kind() == Token.Kind.INTEGER) {
                    value = new Expr.Item(value, new Expr.Constant(Long.valueOf(t.text())));
                } else if (t.kind() == Token.Kind.NAME) {
                    value = new Expr.Attribute(value, t.text());
                } else {
                    back();
                    throw unexpected("a name");
                }
                height = 0;
            } else if (takeSymbol("[")) {
                value = subscript(value);
            } else if (isSymbol("(")) {
                value = new Expr.Call(value, given());
            } else {
                return value;
            }
            grow(Math.max(below, height));
        }
    }

    private Expr subscript(Expr target) {
        Expr first = subscribed(target);
        if (takeSymbol("]")) {
            return first;
        }
        List<Expr> indices = new ArrayList<>(List.of(index(first)));
        int tallest = height;
        while (takeSymbol(",") && !isSymbol("]")) {
            indices.add(index(subscribed(target)));
            tallest = Math.max(tallest, height);
        }
        expectSymbol("]");
        height = tallest;
        return new Expr.Item(target, new Expr.Items(indices, true));
    }

    private Expr index(Expr subscribed) {
        if (subscribed instanceof Expr.Item item) {
            return item.index();
        }
        // A slice among several subscripts finds nothing, as no list does.
        return new Expr.Items(List.of(), false);
    }

    private Expr subscribed(Expr target) {
        height = 0;
        @Nullable Expr from = isSymbol(":") ? null : expression();
        int tallest = height;
        if (from != null && !isSymbol(":")) {
            return new Expr.Item(target, from);
        }
        expectSymbol(":");
        @Nullable Expr to = bound();
        tallest = Math.max(tallest, height);
        @Nullable Expr step = takeSymbol(":") ? bound() : null;
        height = Math.max(tallest, height);
        return new Expr.Slice(target, from, to, step);
    }

    private @Nullable Expr bound() {
        height = 0;
        return isSymbol(":") || isSymbol("]") || isSymbol(",") ? null : expression();
    }

    /** Filters and tests after a value, applied from left to right. */
    final Expr filters(Expr start) {
        Expr value = start;
        while (true) {
            int below = height;
            height = 0;
            if (takeSymbol("|")) {
                value = filter(value);
            } else if (isName("is")) {
                value = test(value);
            } else if (isSymbol("(")) {
                value = new Expr.Call(value, given());
            } else {
                height = below;
                return value;
            }
            grow(Math.max(below, height));
        }
    }

    /** A filter whose name comes next. */
    final Expr filter(Expr value) {
        int line = peek().line();
        String name = dotted();
        return new Expr.Filter(value, name, isSymbol("(") ? given() : Expr.Given.NOTHING, line);
    }

    private String dotted() {
        StringBuilder name = new StringBuilder(expectName());
        while (takeSymbol(".")) {
            name.append('.').append(expectName());
        }
        return name.toString();
    }

    private Expr test(Expr value) {
        int line = next().line();
        boolean negated = takeName("not");
        String name = dotted();
        Expr.Given given = Expr.Given.NOTHING;
        if (isSymbol("(")) {
            given = given();
        } else if (startsBareArgument()) {
            if (isName("is")) {
                throw wrong("several tests in a row need brackets");
            }
            given = new Expr.Given(List.of(postfix(primary())), Map.of(), null, null);
        }
        return new Expr.Test(value, name, given, negated, line);
    }

    private boolean startsBareArgument() {
        Token t = peek();
        return switch (t.kind()) {
            case STRING, INTEGER, FLOAT -> true;
            case NAME -> !Set.of("else", "or", "and").contains(t.text());
            case SYMBOL -> t.text().equals("[") || t.text().equals("{");
            default -> false;
        };
    }

    /** The arguments of a call, in round brackets. */
    final Expr.Given given() {
        expectSymbol("(");
        List<Expr> positional = new ArrayList<>();
        Map<String, Expr> named = new LinkedHashMap<>();
        Expr unpacked = null;
        Expr unpackedNamed = null;
        int tallest = 0;
        while (!takeSymbol(")")) {
            if (unpackedNamed != null) {
                throw wrong("nothing may follow ** in a call");
            }
            height = 0;
            if (takeSymbol("**")) {
                unpackedNamed = expression();
            } else if (unpacked == null && takeSymbol("*")) {
                unpacked = expression();
            } else if (is(Token.Kind.NAME) && peekAfter().is(Token.Kind.SYMBOL, "=")) {
                String name = expectName();
                expectSymbol("=");
                if (named.put(name, expression()) != null) {
                    throw wrong("the argument '" + name + "' is given twice");
                }
            } else if (unpacked == null && named.isEmpty()) {
                positional.add(expression());
            } else {
                throw wrong("arguments without a name come first");
            }
            tallest = Math.max(tallest, height);
            if (!isSymbol(")")) {
                expectSymbol(",");
            }
        }
        height = tallest;
        return new Expr.Given(positional, named, unpacked, unpackedNamed);
    }
}

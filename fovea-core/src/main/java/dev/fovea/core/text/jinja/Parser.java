package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses the statements of a template. */
final class Parser extends ExpressionParser {
    private static final int MAX_DEPTH = 100;
    private static final Set<String> FORBIDDEN = Set.of("include", "import", "from", "extends", "block");

    private int depth;

    private Parser(List<Token> tokens) {
        super(tokens);
    }

    static List<Node> parse(String source) {
        Parser parser = new Parser(Lexer.tokens(source));
        List<Node> body = parser.body(Set.of());
        if (parser.peek().kind() != Token.Kind.END) {
            throw parser.unexpected("the end of the template");
        }
        return body;
    }

    /** Statements up to a tag with one of these names, which is left to be read (its opening is consumed). */
    private List<Node> body(Set<String> ends) {
        if (++depth > MAX_DEPTH) {
            throw new TemplateException("line " + peek().line() + ": blocks are nested too deeply");
        }
        List<Node> nodes = new ArrayList<>();
        while (true) {
            Token t = peek();
            if (t.kind() == Token.Kind.TEXT) {
                nodes.add(new Node.Text(next().text(), t.line()));
            } else if (t.kind() == Token.Kind.OUTPUT_BEGIN) {
                next();
                nodes.add(new Node.Output(tuple(), t.line()));
                close(Token.Kind.OUTPUT_END);
            } else if (t.kind() == Token.Kind.TAG_BEGIN) {
                next();
                if (peek().kind() == Token.Kind.NAME && ends.contains(peek().text())) {
                    depth--;
                    return nodes;
                }
                nodes.add(statement(t.line()));
            } else {
                if (!ends.isEmpty()) {
                    throw unexpected("{% " + ends.stream().sorted().toList().getFirst() + " %}");
                }
                depth--;
                return nodes;
            }
        }
    }

    /** Statements up to the one tag that ends them, which is consumed whole. */
    private List<Node> bodyTo(String end) {
        List<Node> body = body(Set.of(end));
        next();
        close(Token.Kind.TAG_END);
        return body;
    }

    private void close(Token.Kind end) {
        if (peek().kind() != end) {
            throw unexpected("the end of the tag");
        }
        next();
    }

    private Node statement(int line) {
        String name = expectName();
        return switch (name) {
            case "if" -> ifElse(line);
            case "for" -> loop(line);
            case "set" -> set(line);
            case "macro" -> macro(line);
            case "with" -> with(line);
            case "filter" -> filterBlock(line);
            case "generation" -> {
                close(Token.Kind.TAG_END);
                yield new Node.Block(bodyTo("endgeneration"), line);
            }
            case "break" -> {
                close(Token.Kind.TAG_END);
                yield new Node.Break(line);
            }
            case "continue" -> {
                close(Token.Kind.TAG_END);
                yield new Node.Continue(line);
            }
            default ->
                throw new TemplateException("line " + line + ": "
                        + (FORBIDDEN.contains(name)
                                ? "a chat template may not use {% " + name + " %}"
                                : "{% " + name + " %} is not known"));
        };
    }

    private Node ifElse(int line) {
        List<Node.Branch> branches = new ArrayList<>();
        @Nullable Expr condition = tuple();
        while (true) {
            close(Token.Kind.TAG_END);
            List<Node> body = body(condition == null ? Set.of("endif") : Set.of("elif", "else", "endif"));
            branches.add(new Node.Branch(condition, body));
            String end = next().text();
            if (end.equals("endif")) {
                close(Token.Kind.TAG_END);
                return new Node.If(branches, line);
            }
            condition = end.equals("elif") ? tuple() : null;
        }
    }

    private Node loop(int line) {
        List<String> names = names();
        if (!takeName("in")) {
            throw unexpected("'in'");
        }
        Expr items = tuple(false);
        @Nullable Expr condition = takeName("if") ? expression() : null;
        boolean recursive = takeName("recursive");
        close(Token.Kind.TAG_END);
        List<Node> body = body(Set.of("endfor", "else"));
        List<Node> otherwise = List.of();
        if (next().text().equals("else")) {
            close(Token.Kind.TAG_END);
            otherwise = body(Set.of("endfor"));
            next();
        }
        close(Token.Kind.TAG_END);
        return new Node.For(names, items, condition, body, otherwise, recursive, line);
    }

    /** One name, or several with commas, with or without brackets. */
    private List<String> names() {
        boolean bracket = takeSymbol("(");
        List<String> names = new ArrayList<>(List.of(expectName()));
        while (takeSymbol(",")) {
            names.add(expectName());
        }
        if (bracket) {
            expectSymbol(")");
        }
        return names;
    }

    private Node set(int line) {
        List<String> names = names();
        if (takeSymbol(".")) {
            String attribute = expectName();
            expectSymbol("=");
            Expr value = tuple();
            close(Token.Kind.TAG_END);
            return new Node.SetAttribute(names.getFirst(), attribute, value, line);
        }
        if (takeSymbol("=")) {
            Expr value = tuple();
            close(Token.Kind.TAG_END);
            return new Node.Set(names, value, line);
        }
        Expr filtered = filters(new Expr.Name(Evaluator.BLOCK_TEXT));
        close(Token.Kind.TAG_END);
        return new Node.SetBlock(names.getFirst(), bodyTo("endset"), filtered, line);
    }

    private Node filterBlock(int line) {
        Expr value = new Expr.Name(Evaluator.BLOCK_TEXT);
        String name = expectName();
        value = new Expr.Filter(value, name, isSymbol("(") ? arguments() : Expr.Arguments.NONE);
        Expr filtered = filters(value);
        close(Token.Kind.TAG_END);
        return new Node.FilterBlock(bodyTo("endfilter"), filtered, line);
    }

    private Node with(int line) {
        List<String> names = new ArrayList<>();
        List<Expr> values = new ArrayList<>();
        while (peek().kind() == Token.Kind.NAME) {
            names.add(expectName());
            expectSymbol("=");
            values.add(expression());
            takeSymbol(",");
        }
        close(Token.Kind.TAG_END);
        return new Node.With(names, values, bodyTo("endwith"), line);
    }

    private Node macro(int line) {
        String name = expectName();
        expectSymbol("(");
        List<String> parameters = new ArrayList<>();
        List<@Nullable Expr> defaults = new ArrayList<>();
        while (!takeSymbol(")")) {
            parameters.add(expectName());
            defaults.add(takeSymbol("=") ? expression() : null);
            if (!isSymbol(")")) {
                expectSymbol(",");
            }
        }
        close(Token.Kind.TAG_END);
        return new Node.Macro(name, parameters, defaults, bodyTo("endmacro"), line);
    }
}

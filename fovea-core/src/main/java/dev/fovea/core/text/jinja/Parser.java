package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses the statements of a template. */
final class Parser extends ExpressionParser {
    private static final int MAX_DEPTH = 100;
    private static final Set<String> OUTSIDE = Set.of("include", "import", "from", "extends");
    private static final Set<String> CONSTANTS = Set.of("true", "false", "none", "True", "False", "None");
    private static final Set<String> SPECIAL = Set.of("caller", "varargs", "kwargs");

    private final Set<String> blocks = new HashSet<>();
    private int depth;
    private int loops;

    private Parser(List<Token> tokens) {
        super(tokens);
    }

    static List<Node> parse(String source) {
        Parser parser = new Parser(Lexer.tokens(source));
        List<Node> body = parser.body(Set.of());
        if (!parser.is(Token.Kind.END)) {
            throw parser.unexpected("the end of the template");
        }
        return body;
    }

    /** Statements up to a tag with one of these names, which is left to be read (its opening is consumed). */
    private List<Node> body(Set<String> ends) {
        if (++depth > MAX_DEPTH) {
            throw wrong("blocks are nested too deeply");
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
                if (is(Token.Kind.NAME) && ends.contains(peek().text())) {
                    break;
                }
                nodes.addAll(statement(t.line()));
            } else if (ends.isEmpty()) {
                break;
            } else {
                throw unexpected("{% " + ends.stream().sorted().toList().getFirst() + " %}");
            }
        }
        depth--;
        return nodes;
    }

    /** Statements from the end of this tag up to one with one of these names. */
    private List<Node> bodyAfterTag(Set<String> ends) {
        takeSymbol(":");
        close(Token.Kind.TAG_END);
        return body(ends);
    }

    /** Statements from the end of this tag up to the one tag that ends them, which is consumed whole. */
    private List<Node> bodyTo(String end) {
        List<Node> body = bodyAfterTag(Set.of(end));
        next();
        return body;
    }

    private void close(Token.Kind end) {
        if (!is(end)) {
            throw unexpected("the end of the tag");
        }
        next();
    }

    private List<Node> statement(int line) {
        String name = expectName();
        List<Node> nodes = name.equals("print") ? print(line) : List.of(statement(name, line));
        close(Token.Kind.TAG_END);
        return nodes;
    }

    private Node statement(String name, int line) {
        return switch (name) {
            case "if" -> ifElse(line);
            case "for" -> loop(line);
            case "set" -> set(line);
            case "macro" -> new Node.Macro(assignable(expectName()), callee("endmacro", true), line);
            case "call" -> call(line);
            case "with" -> with(line);
            case "filter" -> {
                Expr filtered = filters(filter(new Expr.Name(Expr.BLOCK_TEXT)));
                yield new Node.FilterBlock(bodyTo("endfilter"), filtered, line);
            }
            case "autoescape" -> {
                Expr on = expression();
                yield new Node.Autoescape(on, bodyTo("endautoescape"), line);
            }
            case "block" -> block(line);
            case "generation" -> new Node.Generation(function("endgeneration"), line);
            case "break" -> new Node.Break(line);
            case "continue" -> new Node.Continue(line);
            default -> {
                if (!OUTSIDE.contains(name)) {
                    throw new TemplateException("line " + line + ": {% " + shortened(name) + " %} is not known");
                }
                yield outside(name, line);
            }
        };
    }

    private static String shortened(String name) {
        return name.length() > 40 ? name.substring(0, 40) + "..." : name;
    }

    private List<Node> print(int line) {
        List<Node> nodes = new ArrayList<>();
        while (!is(Token.Kind.TAG_END)) {
            if (!nodes.isEmpty()) {
                expectSymbol(",");
            }
            nodes.add(new Node.Output(expression(), line));
        }
        return nodes;
    }

    private Node ifElse(int line) {
        List<Node.Branch> branches = new ArrayList<>();
        @Nullable Expr condition = tuple(false, false);
        while (true) {
            List<Node> body = bodyAfterTag(condition == null ? Set.of("endif") : Set.of("elif", "else", "endif"));
            branches.add(new Node.Branch(condition, body));
            String end = next().text();
            if (end.equals("endif")) {
                return new Node.If(branches, line);
            }
            condition = end.equals("elif") ? tuple(false, false) : null;
        }
    }

    private Node loop(int line) {
        loops++;
        Target target = target(false);
        if (!takeName("in")) {
            throw unexpected("'in'");
        }
        Expr items = tuple(false, false);
        @Nullable Expr condition = takeName("if") ? expression() : null;
        boolean recursive = takeName("recursive");
        List<Node> body = bodyAfterTag(Set.of("endfor", "else"));
        List<Node> otherwise = List.of();
        if (next().text().equals("else")) {
            otherwise = bodyTo("endfor");
        }
        loops--;
        return new Node.For(target, items, condition, body, otherwise, recursive, line);
    }

    /** One name, or several with commas, with or without brackets; with {@code attributes} also {@code ns.name}. */
    private Target target(boolean attributes) {
        List<Target> targets = new ArrayList<>();
        boolean several = false;
        do {
            targets.add(one(attributes));
            several |= isSymbol(",");
        } while (takeSymbol(","));
        return several ? new Target.Several(targets) : targets.getFirst();
    }

    private Target one(boolean attributes) {
        if (++depth > MAX_DEPTH) {
            throw wrong("names are nested too deeply");
        }
        Target target;
        if (takeSymbol("(")) {
            target = isSymbol(")") ? new Target.Several(List.of()) : target(false);
            expectSymbol(")");
        } else {
            String name = assignable(expectName());
            target = attributes && takeSymbol(".") ? new Target.Attribute(name, expectName()) : new Target.Name(name);
        }
        depth--;
        return target;
    }

    private String assignable(String name) {
        if (CONSTANTS.contains(name) || loops > 0 && name.equals("loop")) {
            throw wrong("nothing can be assigned to '" + name + "'");
        }
        return name;
    }

    private Node set(int line) {
        Target target = target(true);
        if (takeSymbol("=")) {
            return new Node.Set(target, tuple(), line);
        }
        Expr filtered = filters(new Expr.Name(Expr.BLOCK_TEXT));
        return new Node.SetBlock(target, bodyTo("endset"), filtered, line);
    }

    private Node with(int line) {
        List<Target> targets = new ArrayList<>();
        List<Expr> values = new ArrayList<>();
        while (!is(Token.Kind.TAG_END) && !isSymbol(":")) {
            if (!targets.isEmpty()) {
                expectSymbol(",");
            }
            targets.add(target(false));
            expectSymbol("=");
            values.add(expression());
        }
        return new Node.With(targets, values, bodyTo("endwith"), line);
    }

    private Node block(int line) {
        String name = expectName();
        boolean scoped = takeName("scoped");
        if (takeName("required")) {
            throw wrong("a block of a chat template cannot be 'required'");
        }
        if (!blocks.add(name)) {
            throw wrong("the block '" + shortened(name) + "' exists already");
        }
        int outerLoops = loops;
        loops = 0;
        List<Node> body = bodyTo("endblock");
        loops = outerLoops;
        takeName(name);
        return new Node.Block(name, scoped, body, line);
    }

    // ---- what can be called ----

    /** Statements that are a function of their own: what they read does not count as read around them. */
    private List<Node> function(String end) {
        int outerLoops = loops;
        List<Node> body = bodyTo(end);
        loops = outerLoops;
        return body;
    }

    private Node call(int line) {
        List<String> parameters = new ArrayList<>();
        Map<String, Expr> defaults = new LinkedHashMap<>();
        if (isSymbol("(")) {
            parameters(parameters, defaults);
        }
        if (!(expression() instanceof Expr.Call call)) {
            throw wrong("{% call %} needs a macro that is called");
        }
        return new Node.Call(call, callee(parameters, defaults, "endcall"), line);
    }

    private Node.Callee callee(String end, boolean bracket) {
        List<String> parameters = new ArrayList<>();
        Map<String, Expr> defaults = new LinkedHashMap<>();
        if (bracket) {
            parameters(parameters, defaults);
        }
        return callee(parameters, defaults, end);
    }

    private void parameters(List<String> parameters, Map<String, Expr> defaults) {
        expectSymbol("(");
        while (!takeSymbol(")")) {
            if (!parameters.isEmpty()) {
                expectSymbol(",");
            }
            String name = assignable(expectName());
            if (parameters.contains(name)) {
                throw wrong("the parameter '" + shortened(name) + "' exists already");
            }
            parameters.add(name);
            if (parameters.size() > MAX_DEPTH) {
                throw wrong("a macro has more than " + MAX_DEPTH + " parameters");
            }
            if (takeSymbol("=")) {
                defaults.put(name, expression());
            } else if (!defaults.isEmpty()) {
                throw wrong("a parameter without a default follows one that has one");
            }
        }
    }

    private Node.Callee callee(List<String> parameters, Map<String, Expr> defaults, String end) {
        Set<String> outer = read;
        read = new HashSet<>();
        List<Node> body = function(end);
        Set<String> uses = new HashSet<>(read);
        uses.retainAll(SPECIAL);
        outer.addAll(read);
        read = outer;
        if (uses.contains("caller") && parameters.contains("caller") && !defaults.containsKey("caller")) {
            throw wrong("the parameter 'caller' needs a default");
        }
        return new Node.Callee(parameters, defaults, uses, body);
    }

    // ---- other files ----

    /** A statement that is read as Jinja reads it, and refused only where it is run. */
    private Node outside(String name, int line) {
        expression();
        if (name.equals("import") || name.equals("from")) {
            if (!takeName(name.equals("import") ? "as" : "import")) {
                throw unexpected(name.equals("import") ? "'as'" : "'import'");
            }
            do {
                assignable(expectName());
                if (takeName("as")) {
                    assignable(expectName());
                }
            } while (takeSymbol(","));
        } else if (name.equals("include") && isName("ignore") && peekAfter().is(Token.Kind.NAME, "missing")) {
            next();
            next();
        }
        if (!name.equals("extends")
                && (isName("with") || isName("without"))
                && peekAfter().is(Token.Kind.NAME, "context")) {
            next();
            next();
        }
        return new Node.Outside(name, line);
    }
}

package dev.fovea.core.text.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What Jinja refuses before a template is run: filters and tests that do not exist, except where only an {@code if}
 * leads to them, and {@code break} outside of loops.
 */
final class Checks {
    private Checks() {}

    static void check(List<Node> template) {
        body(template, false, false);
    }

    /**
     * Checks statements.
     *
     * @param soft whether an unknown filter counts only when it is run
     * @param loop whether a loop is there to be left
     */
    private static void body(List<Node> nodes, boolean soft, boolean loop) {
        for (Node node : nodes) {
            node(node, soft, loop);
        }
    }

    private static void node(Node node, boolean soft, boolean loop) {
        switch (node) {
            case Node.Output output -> expression(output.value(), soft);
            case Node.If branches ->
                branches.branches().forEach(branch -> {
                    expression(branch.condition(), true);
                    body(branch.body(), true, loop);
                });
            case Node.For each -> {
                expression(each.items(), soft);
                expression(each.condition(), false);
                body(each.body(), false, true);
                body(each.otherwise(), false, loop);
            }
            case Node.Set set -> expression(set.value(), soft);
            case Node.SetBlock set -> {
                expression(set.filtered(), false);
                body(set.body(), false, loop);
            }
            case Node.FilterBlock block -> {
                expression(block.filtered(), false);
                body(block.body(), false, loop);
            }
            case Node.With with -> {
                with.values().forEach(value -> expression(value, soft));
                body(with.body(), false, loop);
            }
            case Node.Macro macro -> callee(macro.callee());
            case Node.Call call -> {
                expression(call.call(), soft);
                callee(call.caller());
            }
            case Node.Generation generation -> body(generation.body(), false, false);
            case Node.Autoescape autoescape -> {
                expression(autoescape.on(), false);
                body(autoescape.body(), false, loop);
            }
            case Node.Block block -> body(block.body(), false, false);
            case Node.Break end -> leaves(loop, "break", end.line());
            case Node.Continue end -> leaves(loop, "continue", end.line());
            case Node.Text text -> {}
            case Node.Outside outside -> {}
        }
    }

    private static void callee(Node.Callee callee) {
        callee.defaults().values().forEach(value -> expression(value, false));
        body(callee.body(), false, false);
    }

    private static void leaves(boolean loop, String name, int line) {
        if (!loop) {
            throw new TemplateException("line " + line + ": {% " + name + " %} is outside of a loop");
        }
    }

    private static void expressions(List<Expr> exprs, boolean soft) {
        exprs.forEach(e -> expression(e, soft));
    }

    private static void expression(@Nullable Expr expr, boolean soft) {
        switch (expr) {
            case null -> {}
            case Expr.Constant c -> {}
            case Expr.Name n -> {}
            case Expr.Items items -> expressions(items.items(), soft);
            case Expr.Entries entries -> {
                expressions(entries.keys(), soft);
                expressions(entries.values(), soft);
            }
            case Expr.Attribute a -> expression(a.target(), soft);
            case Expr.Item i -> {
                expression(i.target(), soft);
                expression(i.index(), soft);
            }
            case Expr.Slice s -> {
                expression(s.target(), soft);
                expression(s.from(), soft);
                expression(s.to(), soft);
                expression(s.step(), soft);
            }
            case Expr.Call call -> {
                expression(call.callee(), soft);
                given(call.given(), soft);
            }
            case Expr.Filter f -> {
                known(soft || Filters.knows(f.name()), "filter", f.name(), f.line());
                expression(f.value(), soft);
                given(f.given(), soft);
            }
            case Expr.Test t -> {
                known(soft || Tests.knows(t.name()), "test", t.name(), t.line());
                expression(t.value(), soft);
                given(t.given(), soft);
            }
            case Expr.Not not -> expression(not.operand(), soft);
            case Expr.Sign sign -> expression(sign.operand(), soft);
            case Expr.Binary b -> {
                expression(b.left(), soft);
                expression(b.right(), soft);
            }
            case Expr.Concatenation c -> expressions(c.parts(), soft);
            case Expr.Logic l -> {
                expression(l.left(), soft);
                expression(l.right(), soft);
            }
            case Expr.Compare c -> expressions(c.operands(), soft);
            case Expr.Conditional c -> {
                expression(c.condition(), true);
                expression(c.then(), true);
                expression(c.otherwise(), true);
            }
        }
    }

    private static void given(Expr.Given given, boolean soft) {
        expressions(given.positional(), soft);
        given.named().values().forEach(e -> expression(e, soft));
        expression(given.unpacked(), soft);
        expression(given.unpackedNamed(), soft);
    }

    private static void known(boolean known, String kind, String name, int line) {
        if (!known) {
            throw unknown(kind, name, line);
        }
    }

    private static TemplateException unknown(String kind, String name, int line) {
        String shown = name.length() > 40 ? name.substring(0, 40) + "..." : name;
        return new TemplateException("line " + line + ": the " + kind + " '" + shown + "' is not known");
    }
}

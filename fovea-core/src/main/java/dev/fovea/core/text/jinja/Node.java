package dev.fovea.core.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Statements of a parsed template; {@link #line()} is where each begins. */
sealed interface Node {
    int line();

    record Text(String text, int line) implements Node {}

    record Output(Expr value, int line) implements Node {}

    /** Branches are tried in order; the last condition may be null, for {@code else}. */
    record If(List<Branch> branches, int line) implements Node {}

    record Branch(@Nullable Expr condition, List<Node> body) {}

    /** {@code {% for target in items if condition %}}. */
    record For(
            Target target,
            Expr items,
            @Nullable Expr condition,
            List<Node> body,
            List<Node> otherwise,
            boolean recursive,
            int line)
            implements Node {}

    /** {@code {% set target = value %}}. */
    record Set(Target target, Expr value, int line) implements Node {}

    /** {@code {% set target %}...{% endset %}}; the filters are applied to the text {@link Expr#BLOCK_TEXT}. */
    record SetBlock(Target target, List<Node> body, Expr filtered, int line) implements Node {}

    /** {@code {% filter name %}...{% endfilter %}}. */
    record FilterBlock(List<Node> body, Expr filtered, int line) implements Node {}

    /** {@code {% with target = value %}...{% endwith %}}. */
    record With(List<Target> targets, List<Expr> values, List<Node> body, int line) implements Node {}

    record Macro(String name, Callee callee, int line) implements Node {}

    /** {@code {% call(parameters) macro(arguments) %}...{% endcall %}}. */
    record Call(Expr.Call call, Callee caller, int line) implements Node {}

    /** {@code {% generation %}...{% endgeneration %}}: what the model says; its names are its own. */
    record Generation(List<Node> body, int line) implements Node {}

    record Autoescape(Expr on, List<Node> body, int line) implements Node {}

    /** {@code {% block name %}}, which sees the names of the whole template, or with {@code scoped} those around it. */
    record Block(String name, boolean scoped, List<Node> body, int line) implements Node {}

    /** A statement that reaches for other files, and is refused where it is run. */
    record Outside(String statement, int line) implements Node {}

    record Break(int line) implements Node {}

    record Continue(int line) implements Node {}

    /**
     * Parameters and body of what can be called.
     *
     * @param defaults by parameter, those that have one
     * @param uses which of {@code caller}, {@code varargs} and {@code kwargs} the body asks for
     */
    record Callee(List<String> parameters, Map<String, Expr> defaults, java.util.Set<String> uses, List<Node> body) {}
}

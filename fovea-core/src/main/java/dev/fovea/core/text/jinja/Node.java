package dev.fovea.core.text.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Statements of a parsed template; {@link #line()} is where each begins. */
sealed interface Node {
    int line();

    record Text(String text, int line) implements Node {}

    record Output(Expr value, int line) implements Node {}

    /** Branches are tried in order; the last condition may be null, for {@code else}. */
    record If(List<Branch> branches, int line) implements Node {}

    record Branch(@Nullable Expr condition, List<Node> body) {}

    /** {@code {% for names in items if condition %}}. */
    record For(
            List<String> names,
            Expr items,
            @Nullable Expr condition,
            List<Node> body,
            List<Node> otherwise,
            boolean recursive,
            int line)
            implements Node {}

    /** {@code {% set names = value %}}. */
    record Set(List<String> names, Expr value, int line) implements Node {}

    /** {@code {% set namespace.attribute = value %}}. */
    record SetAttribute(String namespace, String attribute, Expr value, int line) implements Node {}

    /** {@code {% set name %}...{% endset %}}; the filters are applied to the text, written as on {@code placeholder}. */
    record SetBlock(String name, List<Node> body, Expr filtered, int line) implements Node {}

    /** {@code {% filter name %}...{% endfilter %}}. */
    record FilterBlock(List<Node> body, Expr filtered, int line) implements Node {}

    /** {@code {% with name = value %}...{% endwith %}}. */
    record With(List<String> names, List<Expr> values, List<Node> body, int line) implements Node {}

    record Macro(String name, List<String> parameters, List<@Nullable Expr> defaults, List<Node> body, int line)
            implements Node {}

    /** Statements that are simply run, such as those of {@code {% generation %}}. */
    record Block(List<Node> body, int line) implements Node {}

    record Break(int line) implements Node {}

    record Continue(int line) implements Node {}
}

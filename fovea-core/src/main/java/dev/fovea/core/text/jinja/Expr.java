package dev.fovea.core.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Expressions of a parsed template. */
sealed interface Expr {
    /** What makes a new value, which may be larger than those it is made of. */
    sealed interface Made extends Expr {}

    /** A literal. */
    record Constant(@Nullable Object value) implements Expr {}

    record Name(String name) implements Expr {}

    /** A list or tuple. */
    record Items(List<Expr> items) implements Made {}

    /** A dictionary. */
    record Entries(List<Expr> keys, List<Expr> values) implements Made {}

    /** {@code target.name}. */
    record Attribute(Expr target, String name) implements Expr {}

    /** {@code target[index]}. */
    record Item(Expr target, Expr index) implements Expr {}

    /** {@code target[from:to:step]}. */
    record Slice(
            Expr target,
            @Nullable Expr from,
            @Nullable Expr to,
            @Nullable Expr step) implements Made {}

    /** {@code callee(arguments)}. */
    record Call(Expr callee, Arguments arguments) implements Made {}

    /** {@code value | name(arguments)}. */
    record Filter(Expr value, String name, Arguments arguments) implements Made {}

    /** {@code value is name(arguments)}. */
    record Test(Expr value, String name, Arguments arguments, boolean negated) implements Expr {}

    /** {@code not}, {@code -} and {@code +}. */
    record Unary(String operator, Expr operand) implements Expr {}

    /** Arithmetic and {@code ~}. */
    record Binary(String operator, Expr left, Expr right) implements Made {}

    /** {@code and}, which needs {@code both}, or {@code or}. */
    record Logic(boolean both, Expr left, Expr right) implements Expr {}

    /** A chain such as {@code a < b <= c}: each operand is compared with the next. */
    record Compare(List<Expr> operands, List<String> operators) implements Expr {}

    /** {@code then if condition else otherwise}. */
    record Conditional(Expr condition, Expr then, @Nullable Expr otherwise) implements Expr {}

    /** Positional and named arguments of a call. */
    record Arguments(List<Expr> positional, Map<String, Expr> named) {
        static final Arguments NONE = new Arguments(List.of(), Map.of());
    }
}

package dev.fovea.core.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Expressions of a parsed template. */
sealed interface Expr {
    /** The name under which the text of a block reaches the filters written on its tag. */
    String BLOCK_TEXT = " block";

    /** A literal. */
    record Constant(@Nullable Object value) implements Expr {}

    record Name(String name) implements Expr {}

    /** A list or tuple. */
    record Items(List<Expr> items, boolean tuple) implements Expr {}

    /** A dictionary. */
    record Entries(List<Expr> keys, List<Expr> values) implements Expr {}

    /** {@code target.name}. */
    record Attribute(Expr target, String name) implements Expr {}

    /** {@code target[index]}. */
    record Item(Expr target, Expr index) implements Expr {}

    /** {@code target[from:to:step]}. */
    record Slice(
            Expr target,
            @Nullable Expr from,
            @Nullable Expr to,
            @Nullable Expr step) implements Expr {}

    /** {@code callee(arguments)}. */
    record Call(Expr callee, Given given) implements Expr {}

    /** {@code value | name(arguments)}. */
    record Filter(Expr value, String name, Given given, int line) implements Expr {}

    /** {@code value is name(arguments)}. */
    record Test(Expr value, String name, Given given, boolean negated, int line) implements Expr {}

    record Not(Expr operand) implements Expr {}

    /** {@code -} and {@code +}. */
    record Sign(String operator, Expr operand) implements Expr {}

    /** Arithmetic. */
    record Binary(String operator, Expr left, Expr right) implements Expr {}

    /** {@code a ~ b ~ c}. */
    record Concatenation(List<Expr> parts) implements Expr {}

    /** {@code and}, which needs {@code both}, or {@code or}. */
    record Logic(boolean both, Expr left, Expr right) implements Expr {}

    /** A chain such as {@code a < b <= c}: each operand is compared with the next. */
    record Compare(List<Expr> operands, List<String> operators) implements Expr {}

    /** {@code then if condition else otherwise}. */
    record Conditional(Expr condition, Expr then, @Nullable Expr otherwise) implements Expr {}

    /** What a call is given: by place, by name, and what {@code *} and {@code **} unpack. */
    record Given(
            List<Expr> positional,
            Map<String, Expr> named,
            @Nullable Expr unpacked,
            @Nullable Expr unpackedNamed) {
        static final Given NOTHING = new Given(List.of(), Map.of(), null, null);
    }
}

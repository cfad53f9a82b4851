package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs a parsed template once. Every step is counted, so that a hostile template ends in an error and not never. */
final class Evaluator {
    /** The name under which the text of a block reaches the filters written on its tag. */
    static final String BLOCK_TEXT = " block";

    /** Where a recursive loop keeps what calling {@code loop} does. */
    private static final String RECURSE = " recurse";

    private static final int MAX_CALL_DEPTH = 50;

    /** How the statements of a body ended. */
    private enum Flow {
        NORMAL,
        BREAK,
        CONTINUE
    }

    private final Limits limits = new Limits();
    private final Scope root;
    private StringBuilder out = new StringBuilder();
    private int callDepth;

    Evaluator(Map<String, @Nullable Object> globals) {
        this.root = new Scope(null);
        this.root.values.putAll(globals);
    }

    /** Names and their values; inner scopes see outer ones and never change them. */
    private static final class Scope {
        private final @Nullable Scope outer;
        private final Map<String, @Nullable Object> values = new LinkedHashMap<>();

        Scope(@Nullable Scope outer) {
            this.outer = outer;
        }

        @Nullable
        Object get(String name) {
            for (Scope s = this; s != null; s = s.outer) {
                if (s.values.containsKey(name)) {
                    return s.values.get(name);
                }
            }
            return new Values.Undefined(name);
        }

        void set(List<String> names, @Nullable Object value) {
            if (names.size() == 1) {
                values.put(names.getFirst(), value);
                return;
            }
            List<@Nullable Object> parts = Values.elements(value);
            if (parts.size() != names.size()) {
                throw new TemplateException(parts.size() + " values cannot be given to " + names.size() + " names");
            }
            for (int i = 0; i < parts.size(); i++) {
                values.put(names.get(i), parts.get(i));
            }
        }
    }

    String render(List<Node> template) {
        run(template, root);
        return out.toString();
    }

    // ---- statements ----

    private Flow run(List<Node> nodes, Scope scope) {
        for (Node node : nodes) {
            limits.step();
            try {
                Flow flow = run(node, scope);
                if (flow != Flow.NORMAL) {
                    return flow;
                }
            } catch (TemplateException e) {
                throw e.at(node.line());
            }
        }
        return Flow.NORMAL;
    }

    private Flow run(Node node, Scope scope) {
        switch (node) {
            case Node.Text text -> write(text.text());
            case Node.Output output -> write(Values.write(value(output.value(), scope)));
            case Node.If branches -> {
                for (Node.Branch branch : branches.branches()) {
                    if (branch.condition() == null || Values.truth(value(branch.condition(), scope))) {
                        return run(branch.body(), scope);
                    }
                }
            }
            case Node.For loop -> loop(loop, value(loop.items(), scope), scope, 1);
            case Node.Set set -> scope.set(set.names(), value(set.value(), scope));
            case Node.SetAttribute set -> setAttribute(set, scope);
            case Node.SetBlock block ->
                scope.set(List.of(block.name()), filtered(block.body(), block.filtered(), scope));
            case Node.FilterBlock block -> write(Values.write(filtered(block.body(), block.filtered(), scope)));
            case Node.With with -> {
                Scope inner = new Scope(scope);
                for (int i = 0; i < with.names().size(); i++) {
                    inner.set(List.of(with.names().get(i)), value(with.values().get(i), inner));
                }
                return run(with.body(), inner);
            }
            case Node.Macro macro -> scope.set(List.of(macro.name()), macro(macro, scope));
            case Node.Block block -> {
                return run(block.body(), scope);
            }
            case Node.Break end -> {
                return Flow.BREAK;
            }
            case Node.Continue end -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.NORMAL;
    }

    private void setAttribute(Node.SetAttribute set, Scope scope) {
        if (!(scope.get(set.namespace()) instanceof Values.Namespace namespace)) {
            throw new TemplateException("only attributes of a namespace can be set, and '" + set.namespace() + "' is "
                    + Values.kind(scope.get(set.namespace())));
        }
        namespace.values().put(set.attribute(), value(set.value(), scope));
    }

    private @Nullable Object filtered(List<Node> body, Expr filtered, Scope scope) {
        Scope inner = new Scope(scope);
        inner.values.put(BLOCK_TEXT, captured(body, inner));
        return value(filtered, inner);
    }

    /** What these statements write, as a text. */
    private String captured(List<Node> body, Scope scope) {
        StringBuilder outer = out;
        out = new StringBuilder();
        try {
            run(body, scope);
            return out.toString();
        } finally {
            out = outer;
        }
    }

    private void loop(Node.For loop, @Nullable Object source, Scope scope, int depth) {
        limits.walk(source);
        List<@Nullable Object> items = Values.elements(source);
        if (loop.condition() != null) {
            Expr condition = loop.condition();
            items.removeIf(item -> {
                Scope trial = new Scope(scope);
                trial.set(loop.names(), item);
                return !Values.truth(value(condition, trial));
            });
        }
        if (items.isEmpty()) {
            run(loop.otherwise(), new Scope(scope));
            return;
        }
        for (int i = 0; i < items.size(); i++) {
            limits.round();
            Scope inner = new Scope(scope);
            inner.values.put("loop", loopState(loop, items, i, scope, depth));
            inner.set(loop.names(), items.get(i));
            if (run(loop.body(), inner) == Flow.BREAK) {
                return;
            }
        }
    }

    /** The {@code loop} of one round. */
    private Values.Namespace loopState(Node.For loop, List<@Nullable Object> items, int i, Scope scope, int depth) {
        Map<String, @Nullable Object> state = new LinkedHashMap<>();
        int n = items.size();
        state.put("index", (long) i + 1);
        state.put("index0", (long) i);
        state.put("revindex", (long) n - i);
        state.put("revindex0", (long) n - i - 1);
        state.put("first", i == 0);
        state.put("last", i == n - 1);
        state.put("length", (long) n);
        state.put("depth", (long) depth);
        state.put("depth0", (long) depth - 1);
        state.put("previtem", i > 0 ? items.get(i - 1) : new Values.Undefined("previtem"));
        state.put("nextitem", i < n - 1 ? items.get(i + 1) : new Values.Undefined("nextitem"));
        state.put("cycle", (Values.Callable) (a, named) -> a.get(i % Math.max(1, a.size())));
        if (loop.recursive()) {
            state.put(RECURSE, (Values.Callable) (a, named) -> nested(() -> {
                StringBuilder outer = out;
                out = new StringBuilder();
                try {
                    loop(loop, new CallArguments("loop", a, named).require(0, "iterable"), scope, depth + 1);
                    return out.toString();
                } finally {
                    out = outer;
                }
            }));
        }
        return new Values.Namespace(state);
    }

    private Values.Callable macro(Node.Macro macro, Scope defined) {
        return (positional, named) -> nested(() -> {
            Scope inner = new Scope(defined);
            for (int i = 0; i < macro.parameters().size(); i++) {
                String name = macro.parameters().get(i);
                Expr fallback = macro.defaults().get(i);
                Object value = i < positional.size()
                        ? positional.get(i)
                        : named.containsKey(name)
                                ? named.get(name)
                                : fallback != null ? value(fallback, inner) : new Values.Undefined(name);
                inner.values.put(name, value);
            }
            return captured(macro.body(), inner);
        });
    }

    private @Nullable Object nested(Supplier<@Nullable Object> call) {
        if (++callDepth > MAX_CALL_DEPTH) {
            throw new TemplateException("macros call each other too deeply");
        }
        try {
            return call.get();
        } finally {
            callDepth--;
        }
    }

    private void write(String text) {
        Limits.checkText((long) out.length() + text.length());
        out.append(text);
    }

    // ---- expressions ----

    private @Nullable Object value(Expr expr, Scope scope) {
        limits.step();
        return switch (expr) {
            case Expr.Constant c -> c.value();
            case Expr.Name name -> scope.get(name.name());
            case Expr.Attribute a -> Access.attribute(walked(a.target(), scope), a.name());
            case Expr.Item i -> Access.item(walked(i.target(), scope), value(i.index(), scope));
            case Expr.Conditional c -> {
                if (Values.truth(value(c.condition(), scope))) {
                    yield value(c.then(), scope);
                }
                yield c.otherwise() == null ? new Values.Undefined("the other case") : value(c.otherwise(), scope);
            }
            case Expr.Test t ->
                Tests.apply(t.name(), walked(t.value(), scope), arguments(t.name(), t.arguments(), scope))
                        != t.negated();
            case Expr.Compare c -> compare(c, scope);
            case Expr.Unary u -> unary(u.operator(), value(u.operand(), scope));
            case Expr.Logic l -> logic(l, scope);
            case Expr.Made made -> limits.pay(make(made, scope));
        };
    }

    private @Nullable Object walked(Expr expr, Scope scope) {
        Object value = value(expr, scope);
        limits.walk(value instanceof String ? value : null);
        return value;
    }

    /** Values that come into being here, and are paid for by their size. */
    private @Nullable Object make(Expr.Made expr, Scope scope) {
        return switch (expr) {
            case Expr.Items items -> values(items.items(), scope);
            case Expr.Entries entries -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                for (int i = 0; i < entries.keys().size(); i++) {
                    map.put(
                            Values.write(value(entries.keys().get(i), scope)),
                            value(entries.values().get(i), scope));
                }
                yield map;
            }
            case Expr.Slice s ->
                Access.slice(
                        value(s.target(), scope),
                        orNull(s.from(), scope),
                        orNull(s.to(), scope),
                        orNull(s.step(), scope));
            case Expr.Call call -> call(call, scope);
            case Expr.Filter f ->
                Filters.apply(f.name(), limits.pay(value(f.value(), scope)), arguments(f.name(), f.arguments(), scope));
            case Expr.Binary b -> arithmetic(b, scope);
        };
    }

    private @Nullable Object orNull(@Nullable Expr expr, Scope scope) {
        return expr == null ? null : value(expr, scope);
    }

    private List<@Nullable Object> values(List<Expr> exprs, Scope scope) {
        List<@Nullable Object> values = new ArrayList<>();
        for (Expr e : exprs) {
            values.add(value(e, scope));
        }
        return values;
    }

    private CallArguments arguments(String what, Expr.Arguments arguments, Scope scope) {
        Map<String, @Nullable Object> named = new LinkedHashMap<>();
        arguments.named().forEach((name, e) -> named.put(name, value(e, scope)));
        return new CallArguments(what, values(arguments.positional(), scope), named);
    }

    private @Nullable Object call(Expr.Call call, Scope scope) {
        Object callee = value(call.callee(), scope);
        if (callee instanceof Values.Namespace loop && loop.values().get(RECURSE) instanceof Values.Callable again) {
            callee = again;
        }
        if (!(callee instanceof Values.Callable callable)) {
            throw new TemplateException(
                    callee instanceof Values.Undefined u
                            ? "'" + u.name() + "' is undefined and cannot be called"
                            : Values.kind(callee) + " cannot be called");
        }
        CallArguments arguments = arguments("a function", call.arguments(), scope);
        return callable.call(arguments.positional(), arguments.named());
    }

    private static Object unary(String operator, @Nullable Object value) {
        return switch (operator) {
            case "not" -> !Values.truth(value);
            case "-" -> value instanceof Double d ? -d : (Object) Math.negateExact(Values.integer(value));
            default -> value instanceof Double d ? d : (Object) Values.integer(value);
        };
    }

    private @Nullable Object logic(Expr.Logic l, Scope scope) {
        Object left = value(l.left(), scope);
        return Values.truth(left) == l.both() ? value(l.right(), scope) : left;
    }

    private @Nullable Object arithmetic(Expr.Binary b, Scope scope) {
        Object left = value(b.left(), scope);
        Object right = value(b.right(), scope);
        return b.operator().equals("~")
                ? Arithmetic.add(Values.write(left), Values.write(right))
                : Arithmetic.apply(b.operator(), left, right);
    }

    private boolean compare(Expr.Compare c, Scope scope) {
        Object left = value(c.operands().getFirst(), scope);
        for (int i = 0; i < c.operators().size(); i++) {
            Object right = value(c.operands().get(i + 1), scope);
            limits.walk(left);
            limits.walk(right);
            boolean holds = switch (c.operators().get(i)) {
                case "==" -> Values.same(left, right);
                case "!=" -> !Values.same(left, right);
                case "<" -> Values.compare(left, right) < 0;
                case "<=" -> Values.compare(left, right) <= 0;
                case ">" -> Values.compare(left, right) > 0;
                case ">=" -> Values.compare(left, right) >= 0;
                case "in" -> Values.contains(right, left);
                default -> !Values.contains(right, left);
            };
            if (!holds) {
                return false;
            }
            left = right;
        }
        return true;
    }
}

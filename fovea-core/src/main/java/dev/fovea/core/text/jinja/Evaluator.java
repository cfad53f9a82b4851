package dev.fovea.core.text.jinja;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Runs the statements of a template once. */
final class Evaluator {
    /** How the statements of a body ended. */
    private enum Flow {
        NORMAL,
        BREAK,
        CONTINUE
    }

    /** What a body wrote, and how it ended. */
    private record Captured(String text, Flow flow) {}

    private final Context context;
    private final Limits limits;
    private final Expressions expressions;
    private final Scope root;
    private StringBuilder out = new StringBuilder();

    Evaluator(Context context, Map<String, @Nullable Object> globals) {
        this.context = context;
        this.limits = context.limits;
        this.expressions = new Expressions(context);
        Scope outermost = new Scope(null);
        globals.forEach(outermost::set);
        this.root = new Scope(outermost);
    }

    String render(List<Node> template) {
        root.set("self", new Self(template));
        run(template, root);
        return out.toString();
    }

    /** The template as it sees itself: its blocks, by name. */
    private final class Self implements Attributes {
        private final Map<String, Callable> blocks = new LinkedHashMap<>();

        Self(List<Node> template) {
            for (Node node : template) {
                if (node instanceof Node.Block block) {
                    blocks.put(block.name(), (positional, named) -> {
                        Signature.NONE.bind(block.name(), positional, named);
                        return marked(captured(block.body(), new Scope(root)).text());
                    });
                }
            }
        }

        @Override
        public @Nullable Object attribute(String name) {
            return blocks.getOrDefault(name, (positional, named) -> {
                throw new TemplateException("there is no block '" + name + "'");
            });
        }

        @Override
        public String written() {
            return "<TemplateReference None>";
        }
    }

    private Flow run(List<Node> nodes, Scope scope) {
        limits.enter();
        for (Node node : nodes) {
            limits.step();
            try {
                Flow flow = run(node, scope);
                if (flow != Flow.NORMAL) {
                    limits.leave();
                    return flow;
                }
            } catch (TemplateException e) {
                throw e.at(node.line());
            }
        }
        limits.leave();
        return Flow.NORMAL;
    }

    private Flow run(Node node, Scope scope) {
        switch (node) {
            case Node.Text text -> write(text.text());
            case Node.Output output -> {
                Object value = value(output.value(), scope);
                write(context.autoescape ? Html.escaped(value, limits) : PythonText.write(value, limits));
            }
            case Node.If branches -> {
                return runIf(branches, scope);
            }
            case Node.For loop -> {
                return runFor(loop, value(loop.items(), scope), scope);
            }
            case Node.Set set -> {
                scope.check(set.target());
                scope.set(set.target(), value(set.value(), scope), limits);
            }
            case Node.SetBlock block -> {
                return setBlock(block, scope);
            }
            case Node.FilterBlock block -> {
                return filterBlock(block, scope);
            }
            case Node.With with -> {
                return with(with, scope);
            }
            case Node.Macro macro -> {
                limits.spend(4);
                scope.set(macro.name(), macro(macro.name(), macro.callee(), scope));
            }
            case Node.Call call -> {
                Macro caller = macro(null, call.caller(), scope);
                write(Values.text(expressions.call(call.call(), Map.of("caller", caller), scope)));
            }
            case Node.Generation generation -> run(generation.body(), new Scope(scope));
            case Node.Autoescape autoescape -> {
                return autoescape(autoescape, scope);
            }
            case Node.Block block -> run(block.body(), new Scope(block.scoped() ? scope : root));
            case Node.Outside outside ->
                throw new TemplateException("a chat template may not use {% " + outside.statement() + " %}");
            case Node.Break end -> {
                return Flow.BREAK;
            }
            case Node.Continue end -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.NORMAL;
    }

    private @Nullable Object value(Expr expr, Scope scope) {
        return expressions.value(expr, scope);
    }

    private Flow runIf(Node.If branches, Scope scope) {
        for (Node.Branch branch : branches.branches()) {
            if (branch.condition() == null || Values.truth(value(branch.condition(), scope))) {
                return run(branch.body(), scope);
            }
        }
        return Flow.NORMAL;
    }

    private Flow with(Node.With with, Scope scope) {
        Scope inner = new Scope(scope);
        for (int i = 0; i < with.targets().size(); i++) {
            inner.set(with.targets().get(i), value(with.values().get(i), scope), limits);
        }
        return run(with.body(), inner);
    }

    private Flow autoescape(Node.Autoescape autoescape, Scope scope) {
        boolean outer = context.autoescape;
        context.autoescape = Values.truth(value(autoescape.on(), scope));
        Flow flow = run(autoescape.body(), new Scope(scope));
        context.autoescape = outer;
        return flow;
    }

    private Object marked(String text) {
        return context.autoescape ? new Markup(text) : text;
    }

    private Flow setBlock(Node.SetBlock block, Scope scope) {
        scope.check(block.target());
        Scope inner = new Scope(scope);
        Captured captured = captured(block.body(), inner);
        if (captured.flow() == Flow.NORMAL) {
            inner.set(Expr.BLOCK_TEXT, marked(captured.text()));
            Object value = value(block.filtered(), inner);
            boolean marks = context.autoescape && !(value instanceof Markup);
            scope.set(block.target(), marks ? new Markup(PythonText.write(value, limits)) : value, limits);
        }
        return captured.flow();
    }

    private Flow filterBlock(Node.FilterBlock block, Scope scope) {
        Scope inner = new Scope(scope);
        Captured captured = captured(block.body(), inner);
        if (captured.flow() == Flow.NORMAL) {
            inner.set(Expr.BLOCK_TEXT, marked(captured.text()));
            write(Values.text(value(block.filtered(), inner)));
        }
        return captured.flow();
    }

    /** What these statements write, as a text. */
    private Captured captured(List<Node> body, Scope scope) {
        StringBuilder outer = out;
        out = new StringBuilder();
        Flow flow = run(body, scope);
        limits.made(out.length());
        Captured captured = new Captured(out.toString(), flow);
        out = outer;
        return captured;
    }

    private Macro macro(@Nullable String name, Node.Callee callee, Scope defined) {
        return new Macro(
                name,
                callee,
                defined,
                context,
                (called, scope) -> captured(called.body(), scope).text(),
                expressions::value);
    }

    private void write(String text) {
        Limits.checkText((long) out.length() + text.length());
        limits.made(text.length());
        out.append(text);
    }

    // ---- loops ----

    private Flow runFor(Node.For loop, @Nullable Object source, Scope scope) {
        if (!loop.recursive()) {
            return rounds(loop, source, scope, 1);
        }
        write(Values.text(recursive(loop, source, scope, 1)));
        return Flow.NORMAL;
    }

    /** The text of a recursive loop, which may call itself. */
    private Object recursive(Node.For loop, @Nullable Object source, Scope scope, int depth) {
        limits.enter();
        StringBuilder outer = out;
        out = new StringBuilder();
        rounds(loop, source, scope, depth);
        limits.made(out.length());
        String text = out.toString();
        out = outer;
        limits.leave();
        return marked(text);
    }

    private Flow rounds(Node.For loop, @Nullable Object source, Scope scope, int depth) {
        Iterator<@Nullable Object> items = Elements.of(source, limits);
        long length = -1;
        if (loop.condition() != null) {
            items = filtered(items, loop.target(), loop.condition(), scope);
        } else if (!(source instanceof Lazy) && !(source instanceof Loop)) {
            length = source instanceof Undefined ? 0 : Values.length(source, limits);
        }
        Loop.Again again = loop.recursive() ? (more, level) -> recursive(loop, more, scope, level) : null;
        Loop state = new Loop(items, length, depth, again, context);
        if (!state.hasNext()) {
            return run(loop.otherwise(), new Scope(scope));
        }
        while (state.hasNext()) {
            limits.spend(6);
            Scope inner = new Scope(scope);
            inner.set("loop", state);
            inner.set(loop.target(), state.next(), limits);
            if (run(loop.body(), inner) == Flow.BREAK) {
                break;
            }
        }
        return Flow.NORMAL;
    }

    /** The elements for which a condition holds, found one after the other. */
    private Iterator<@Nullable Object> filtered(
            Iterator<@Nullable Object> items, Target target, Expr condition, Scope scope) {
        return new Iterator<>() {
            private boolean found;
            private @Nullable Object item;

            @Override
            public boolean hasNext() {
                while (!found && items.hasNext()) {
                    limits.spend(4);
                    item = items.next();
                    Scope trial = new Scope(scope);
                    trial.set(target, item, limits);
                    found = Values.truth(value(condition, trial));
                }
                return found;
            }

            @Override
            public @Nullable Object next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                found = false;
                return item;
            }
        };
    }
}

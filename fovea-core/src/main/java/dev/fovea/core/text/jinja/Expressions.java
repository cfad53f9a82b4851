package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Computes the values of expressions. */
final class Expressions {
    private final Context context;
    private final Limits limits;

    Expressions(Context context) {
        this.context = context;
        this.limits = context.limits;
    }

    @Nullable
    Object value(Expr expr, Scope scope) {
        limits.enter();
        Object value = compute(expr, scope);
        limits.leave();
        return value;
    }

    private @Nullable Object compute(Expr expr, Scope scope) {
        return switch (expr) {
            case Expr.Constant c -> c.value();
            case Expr.Name name -> scope.get(name.name());
            case Expr.Items items -> items(items, scope);
            case Expr.Entries entries -> entries(entries, scope);
            case Expr.Attribute a -> Access.attribute(value(a.target(), scope), a.name(), context);
            case Expr.Item i -> Access.item(value(i.target(), scope), value(i.index(), scope), context);
            case Expr.Slice s -> slice(s, scope);
            case Expr.Call call -> call(call, Map.of(), scope);
            case Expr.Filter f -> filter(f, scope);
            case Expr.Test t -> test(t, scope);
            case Expr.Not not -> !Values.truth(value(not.operand(), scope));
            case Expr.Sign sign -> Arithmetic.sign(sign.operator(), value(sign.operand(), scope));
            case Expr.Binary b ->
                Arithmetic.apply(b.operator(), value(b.left(), scope), value(b.right(), scope), context);
            case Expr.Concatenation c -> concatenated(c, scope);
            case Expr.Logic l -> {
                Object left = value(l.left(), scope);
                yield Values.truth(left) == l.both() ? value(l.right(), scope) : left;
            }
            case Expr.Compare c -> compare(c, scope);
            case Expr.Conditional c -> conditional(c, scope);
        };
    }

    private Object items(Expr.Items items, Scope scope) {
        List<@Nullable Object> values = new ArrayList<>();
        for (Expr item : items.items()) {
            values.add(value(item, scope));
        }
        return items.tuple() ? new Tuple(values) : values;
    }

    private Dict entries(Expr.Entries entries, Scope scope) {
        Dict dict = new Dict();
        for (int i = 0; i < entries.keys().size(); i++) {
            Object key = value(entries.keys().get(i), scope);
            dict.put(key, value(entries.values().get(i), scope), limits);
        }
        return dict;
    }

    private Object slice(Expr.Slice s, Scope scope) {
        Object target = value(s.target(), scope);
        Object from = s.from() == null ? null : value(s.from(), scope);
        Object to = s.to() == null ? null : value(s.to(), scope);
        Object step = s.step() == null ? null : value(s.step(), scope);
        return Access.slice(target, from, to, step, limits);
    }

    private @Nullable Object conditional(Expr.Conditional c, Scope scope) {
        if (Values.truth(value(c.condition(), scope))) {
            return value(c.then(), scope);
        }
        return c.otherwise() == null
                ? new Undefined("the condition does not hold and there is no 'else'")
                : value(c.otherwise(), scope);
    }

    private boolean compare(Expr.Compare c, Scope scope) {
        Object left = value(c.operands().getFirst(), scope);
        for (int i = 0; i < c.operators().size(); i++) {
            Object right = value(c.operands().get(i + 1), scope);
            if (!Tests.compare(c.operators().get(i), left, right, limits)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private Object concatenated(Expr.Concatenation c, Scope scope) {
        List<@Nullable Object> parts = new ArrayList<>();
        for (Expr part : c.parts()) {
            parts.add(value(part, scope));
        }
        if (context.autoescape && parts.stream().anyMatch(Markup.class::isInstance)) {
            parts.replaceAll(part -> Html.escaped(part, limits));
            return new Markup(Texts.join("", parts, limits));
        }
        return Texts.join("", parts, limits);
    }

    private @Nullable Object filter(Expr.Filter f, Scope scope) {
        Object value = value(f.value(), scope);
        return Filters.apply(f.name(), value, positional(f.given(), scope), named(f.given(), scope), context);
    }

    private boolean test(Expr.Test t, Scope scope) {
        Object value = value(t.value(), scope);
        return Tests.apply(t.name(), value, positional(t.given(), scope), named(t.given(), scope), context)
                != t.negated();
    }

    /**
     * Calls something.
     *
     * @param more arguments by name beside those that are written
     */
    @Nullable
    Object call(Expr.Call call, Map<String, @Nullable Object> more, Scope scope) {
        Object callee = value(call.callee(), scope);
        List<@Nullable Object> positional = positional(call.given(), scope);
        Map<String, @Nullable Object> named = named(call.given(), scope);
        named.putAll(more);
        if (!(callee instanceof Callable callable)) {
            throw new TemplateException(
                    callee instanceof Undefined u
                            ? u.reason() + " and cannot be called"
                            : Values.kind(callee) + " cannot be called");
        }
        limits.enter();
        Object result = callable.call(positional, named);
        limits.leave();
        return result;
    }

    private List<@Nullable Object> positional(Expr.Given given, Scope scope) {
        List<@Nullable Object> values = new ArrayList<>();
        for (Expr e : given.positional()) {
            values.add(value(e, scope));
        }
        if (given.unpacked() != null) {
            values.addAll(Elements.list(value(given.unpacked(), scope), limits));
        }
        return values;
    }

    private Map<String, @Nullable Object> named(Expr.Given given, Scope scope) {
        Map<String, @Nullable Object> named = new LinkedHashMap<>();
        given.named().forEach((name, e) -> named.put(name, value(e, scope)));
        if (given.unpackedNamed() != null) {
            if (!(value(given.unpackedNamed(), scope) instanceof Dict dict)) {
                throw new TemplateException("only a dictionary can follow ** in a call");
            }
            for (Dict.Entry e : dict.entries()) {
                limits.spend(2);
                String name = Values.text(e.key());
                if (named.containsKey(name)) {
                    throw new TemplateException("an argument is given twice");
                }
                named.put(name, e.value());
            }
        }
        return named;
    }
}

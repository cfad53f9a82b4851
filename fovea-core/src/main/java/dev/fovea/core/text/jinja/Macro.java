package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A macro, or the body of a {@code call} block, with the scope it was defined in. */
final class Macro implements Attributes, Callable {
    /** Runs the body. */
    interface Body {
        String run(Node.Callee callee, Scope scope);
    }

    /** Computes a default. */
    interface Default {
        @Nullable
        Object value(Expr expr, Scope scope);
    }

    private final @Nullable String name;
    private final Node.Callee callee;
    private final Scope defined;
    private final Context context;
    private final Body body;
    private final Default defaults;

    Macro(@Nullable String name, Node.Callee callee, Scope defined, Context context, Body body, Default defaults) {
        this.name = name;
        this.callee = callee;
        this.defined = defined;
        this.context = context;
        this.body = body;
        this.defaults = defaults;
    }

    private boolean uses(String special) {
        return callee.uses().contains(special);
    }

    @Override
    public @Nullable Object attribute(String attribute) {
        return switch (attribute) {
            case "name" -> name;
            case "arguments" -> new Tuple(new ArrayList<>(callee.parameters()));
            case "catch_kwargs" -> uses("kwargs");
            case "catch_varargs" -> uses("varargs");
            case "caller" -> uses("caller");
            default -> Attributes.NONE;
        };
    }

    @Override
    public String written() {
        return "<Macro " + (name == null ? "anonymous" : "'" + name + "'") + ">";
    }

    @Override
    public @Nullable Object call(List<@Nullable Object> positional, Map<String, @Nullable Object> named) {
        Scope scope = new Scope(defined);
        context.limits.spend(5L + positional.size() + callee.parameters().size());
        Map<String, @Nullable Object> rest = new LinkedHashMap<>(named);
        boolean callerGiven = bind(positional, rest, scope);
        if (uses("caller") && !callerGiven) {
            Object caller = rest.remove("caller");
            scope.set("caller", caller == null ? new Undefined("the macro was not called by a call block") : caller);
        }
        special(positional, rest, scope);
        String text = body.run(callee, scope);
        return context.autoescape ? new Markup(text) : text;
    }

    /** Gives the parameters their values; returns whether one of them is {@code caller}. */
    private boolean bind(List<@Nullable Object> positional, Map<String, @Nullable Object> rest, Scope scope) {
        List<String> parameters = callee.parameters();
        List<String> missing = new ArrayList<>();
        for (int i = 0; i < parameters.size(); i++) {
            String parameter = parameters.get(i);
            if (i < positional.size()) {
                scope.set(parameter, positional.get(i));
            } else if (rest.containsKey(parameter)) {
                scope.set(parameter, rest.remove(parameter));
            } else {
                missing.add(parameter);
                scope.set(parameter, new Undefined("the parameter '" + parameter + "' was not given"));
            }
        }
        for (String parameter : missing) {
            Expr fallback = callee.defaults().get(parameter);
            if (fallback != null) {
                scope.set(parameter, defaults.value(fallback, scope));
            }
        }
        return parameters.contains("caller");
    }

    private void special(List<@Nullable Object> positional, Map<String, @Nullable Object> rest, Scope scope) {
        int count = callee.parameters().size();
        String called = name == null ? "the body of the call block" : "the macro '" + name + "'";
        if (uses("kwargs") && !callee.parameters().contains("kwargs")) {
            Dict kwargs = new Dict();
            rest.forEach((key, value) -> kwargs.put(key, value, context.limits));
            scope.set("kwargs", kwargs);
        } else if (!rest.isEmpty()) {
            throw new TemplateException(
                    called + " takes no argument '" + rest.keySet().iterator().next() + "'");
        }
        if (uses("varargs") && !callee.parameters().contains("varargs")) {
            List<@Nullable Object> more = positional.subList(Math.min(count, positional.size()), positional.size());
            scope.set("varargs", new Tuple(new ArrayList<>(more)));
        } else if (positional.size() > count) {
            throw new TemplateException(called + " takes no more than " + count + " arguments");
        }
    }
}

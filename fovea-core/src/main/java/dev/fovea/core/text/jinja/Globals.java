package dev.fovea.core.text.jinja;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The functions every template finds. */
final class Globals {
    /** A function with a fixed list of parameters. */
    private interface Function {
        @Nullable
        Object call(Arguments arguments);
    }

    private Globals() {}

    static Map<String, @Nullable Object> all(Clock clock, Context context) {
        Map<String, @Nullable Object> globals = new LinkedHashMap<>();
        globals.put("range", function("range", "start, stop=, step=, |", Globals::range));
        globals.put("dict", new DictType(context));
        globals.put("namespace", (Callable) (positional, named) -> namespace(positional, named, context));
        globals.put("cycler", (Callable) (positional, named) -> cycler(positional, named));
        globals.put("joiner", function("joiner", "sep=", a -> new Joiner(a.get("sep", ", "))));
        globals.put("lipsum", function("lipsum", "n=, html=, min=, max=", a -> {
            throw new TemplateException("'lipsum' writes text by chance, which is nothing for a prompt");
        }));
        globals.put("raise_exception", function("raise_exception", "message", a -> {
            throw TemplateException.raised(PythonText.write(a.get("message"), context.limits));
        }));
        globals.put(
                "strftime_now",
                function(
                        "strftime_now",
                        "format",
                        a -> Strftime.format(ZonedDateTime.now(clock), a.text("format"), context.limits)));
        return globals;
    }

    private static Callable function(String name, String signature, Function body) {
        Signature known = Signature.of(signature);
        return (positional, named) -> body.call(known.bind(name, positional, named));
    }

    private static Range range(Arguments a) {
        long first = Values.integer(a.get("start"));
        return a.has("stop")
                ? new Range(first, Values.integer(a.get("stop")), a.integer("step", 1))
                : new Range(0, first, 1);
    }

    /** Python's {@code dict(...)}: entries of a dictionary or of pairs, then those given by name. */
    static Dict dict(List<@Nullable Object> positional, Map<String, @Nullable Object> named, Context context) {
        if (positional.size() > 1) {
            throw new TemplateException("'dict' takes one argument without a name");
        }
        Dict made = new Dict();
        Object source = positional.isEmpty() ? List.of() : positional.getFirst();
        if (source instanceof Undefined u) {
            throw u.failure();
        }
        if (source instanceof Dict dict) {
            made.putAll(dict, context.limits);
        } else {
            for (Object pair : Elements.list(source, context.limits)) {
                List<@Nullable Object> parts = Elements.list(pair, context.limits);
                if (parts.size() != 2) {
                    throw new TemplateException("'dict' needs pairs of key and value");
                }
                made.put(parts.get(0), parts.get(1), context.limits);
            }
        }
        named.forEach((name, value) -> made.put(name, value, context.limits));
        return made;
    }

    private static Namespace namespace(
            List<@Nullable Object> positional, Map<String, @Nullable Object> named, Context context) {
        Namespace namespace = new Namespace();
        for (Dict.Entry e : dict(positional, named, context).entries()) {
            if (e.key() instanceof String name) {
                namespace.set(name, e.value());
            }
        }
        return namespace;
    }

    private static Object cycler(List<@Nullable Object> positional, Map<String, @Nullable Object> named) {
        if (positional.isEmpty() || !named.isEmpty()) {
            throw new TemplateException("'cycler' needs at least one value, and none by name");
        }
        return new Cycler(positional);
    }

    /** The type of dictionaries, which makes them when it is called. */
    private record DictType(Context context) implements Callable, Attributes {
        @Override
        public @Nullable Object call(List<@Nullable Object> positional, Map<String, @Nullable Object> named) {
            return dict(positional, named, context);
        }

        @Override
        public @Nullable Object attribute(String name) {
            return name.equals("fromkeys")
                    ? function(name, "iterable, value=", a -> Methods.fromKeys(a, context))
                    : Attributes.NONE;
        }

        @Override
        public String written() {
            return "<dict>";
        }
    }

    /** Values in turn, again and again. */
    private static final class Cycler implements Attributes {
        private final List<@Nullable Object> items;
        private int at;

        Cycler(List<@Nullable Object> items) {
            this.items = items;
        }

        @Override
        public @Nullable Object attribute(String name) {
            return switch (name) {
                case "next" ->
                    function(name, "", a -> {
                        Object now = items.get(at);
                        at = (at + 1) % items.size();
                        return now;
                    });
                case "reset" ->
                    function(name, "", a -> {
                        at = 0;
                        return null;
                    });
                case "current" -> items.get(at);
                case "items" -> new Tuple(items);
                case "pos" -> (long) at;
                default -> Attributes.NONE;
            };
        }

        @Override
        public String written() {
            return "<cycler>";
        }
    }

    /** Nothing when it is first called, then its separator. */
    private static final class Joiner implements Attributes, Callable {
        private final @Nullable Object separator;
        private boolean used;

        Joiner(@Nullable Object separator) {
            this.separator = separator;
        }

        @Override
        public @Nullable Object call(List<@Nullable Object> positional, Map<String, @Nullable Object> named) {
            Signature.NONE.bind("joiner", positional, named);
            Object now = used ? separator : "";
            used = true;
            return now;
        }

        @Override
        public @Nullable Object attribute(String name) {
            return name.equals("sep") ? separator : name.equals("used") ? (Object) used : Attributes.NONE;
        }

        @Override
        public String written() {
            return "<joiner>";
        }
    }
}

package dev.fovea.core.text.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What Python's {@code str} and {@code repr} write. */
final class PythonText {
    private final StringBuilder out = new StringBuilder();
    private final Limits limits;

    private PythonText(Limits limits) {
        this.limits = limits;
    }

    /** Python's {@code str}. */
    static String write(@Nullable Object value, Limits limits) {
        return switch (value) {
            case String s -> s;
            case Markup m -> m.text();
            case Undefined u -> "";
            case null -> represent(value, limits);
            default -> represent(value, limits);
        };
    }

    /** Python's {@code repr}. */
    static String represent(@Nullable Object value, Limits limits) {
        PythonText text = new PythonText(limits);
        text.represent(value, 0);
        return text.out.toString();
    }

    private void append(String piece) {
        Limits.checkText((long) out.length() + piece.length());
        limits.made(piece.length());
        out.append(piece);
    }

    private void represent(@Nullable Object value, int depth) {
        switch (value) {
            case null -> append("None");
            case Boolean b -> append(b ? "True" : "False");
            case Long n -> append(n.toString());
            case Double d -> append(PythonNumber.write(d));
            case String s -> append(quote(s, limits));
            case Markup m -> append("Markup(" + quote(m.text(), limits) + ")");
            case Tuple t -> list(t, "(", t.size() == 1 ? ",)" : ")", limits.below(depth));
            case Range r -> append("range(" + r.start + ", " + r.stop + (r.step == 1 ? "" : ", " + r.step) + ")");
            case List<?> list -> list(list, "[", "]", limits.below(depth));
            case Dict dict -> dict(dict, limits.below(depth));
            case DictView view -> view(view, limits.below(depth));
            case Undefined u -> append("Undefined");
            case Namespace n -> namespace(n, limits.below(depth));
            case Attributes a -> append(a.written());
            case Lazy lazy -> append("<generator object>");
            default -> append("<function>");
        }
    }

    private void list(Iterable<?> items, String open, String close, int depth) {
        append(open);
        boolean first = true;
        for (Object item : items) {
            append(first ? "" : ", ");
            represent(item, depth);
            first = false;
        }
        append(close);
    }

    private void dict(Dict dict, int depth) {
        append("{");
        boolean first = true;
        for (Dict.Entry e : dict.entries()) {
            append(first ? "" : ", ");
            represent(e.key(), depth);
            append(": ");
            represent(e.value(), depth);
            first = false;
        }
        append("}");
    }

    private void view(DictView view, int depth) {
        String name = switch (view.kind()) {
            case KEYS -> "dict_keys([";
            case VALUES -> "dict_values([";
            case ITEMS -> "dict_items([";
        };
        list(view::iterator, name, "])", depth);
    }

    private void namespace(Namespace namespace, int depth) {
        Dict values = new Dict();
        namespace.values().forEach((name, value) -> values.put(name, value, limits));
        append("<Namespace ");
        dict(values, depth);
        append(">");
    }

    /** A text in quotes, with what cannot be printed escaped. */
    static String quote(String s, Limits limits) {
        limits.lookedAt(s.length());
        char quote = s.indexOf('\'') >= 0 && s.indexOf('"') < 0 ? '"' : '\'';
        StringBuilder out = new StringBuilder(s.length() + 2).append(quote);
        s.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\r' -> out.append("\\r");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if (Characters.isPrintable(c)) {
                        out.appendCodePoint(c);
                    } else {
                        out.append(c < 0x100 ? "\\x" : c < 0x10000 ? "\\u" : "\\U")
                                .append(Characters.hexadecimal(c, c < 0x100 ? 2 : c < 0x10000 ? 4 : 8));
                    }
                }
            }
        });
        return out.append(quote).toString();
    }
}

package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** JSON as Python's {@code json.dumps} writes it, spaces included; characters beyond ASCII stand as they are. */
final class PythonJson {
    private final StringBuilder out = new StringBuilder();
    private final Limits limits;
    private final @Nullable String indent;
    private final String itemSeparator;
    private final String keySeparator;
    private final boolean sortKeys;
    private final boolean ascii;

    private PythonJson(Arguments a, Limits limits) {
        this.limits = limits;
        this.indent = indent(a.get("indent"));
        Object separators = a.get("separators");
        if (separators == null) {
            this.itemSeparator = indent == null ? ", " : ",";
            this.keySeparator = ": ";
        } else {
            List<@Nullable Object> pair = Elements.list(separators, limits);
            if (pair.size() != 2) {
                throw new TemplateException("'tojson' needs two separators");
            }
            this.itemSeparator = Values.text(pair.get(0));
            this.keySeparator = Values.text(pair.get(1));
        }
        this.sortKeys = a.flag("sort_keys", false);
        this.ascii = a.flag("ensure_ascii", false);
    }

    private static @Nullable String indent(@Nullable Object indent) {
        if (indent == null) {
            return null;
        }
        return Values.isText(indent)
                ? Values.text(indent)
                : " ".repeat(Math.clamp(Values.integer(indent), 0, Limits.MAX_TEXT));
    }

    static String write(@Nullable Object value, Arguments arguments, Limits limits) {
        PythonJson json = new PythonJson(arguments, limits);
        json.value(value, 0);
        return json.out.toString();
    }

    private void append(String piece) {
        Limits.checkText((long) out.length() + piece.length());
        limits.made(piece.length());
        out.append(piece);
    }

    private void value(@Nullable Object value, int level) {
        switch (value) {
            case null -> append("null");
            case Boolean b -> append(b ? "true" : "false");
            case Long n -> append(n.toString());
            case Double d -> append(number(d));
            case String s -> text(s);
            case Markup m -> text(m.text());
            case Range r -> throw refused(value);
            case List<?> list -> list(list, limits.below(level));
            case Dict dict -> dict(dict, limits.below(level));
            default -> throw refused(value);
        }
    }

    private static TemplateException refused(@Nullable Object value) {
        return new TemplateException(Values.kind(value) + " cannot be written as JSON");
    }

    private static String number(double d) {
        return Double.isNaN(d)
                ? "NaN"
                : Double.isInfinite(d) ? (d > 0 ? "Infinity" : "-Infinity") : PythonNumber.write(d);
    }

    private void list(List<?> list, int level) {
        append("[");
        boolean first = true;
        for (Object item : list) {
            separate(first, level);
            value(item, level);
            first = false;
        }
        close(list.isEmpty(), level, "]");
    }

    private void dict(Dict dict, int level) {
        List<Dict.Entry> entries = new ArrayList<>(dict.entries());
        if (sortKeys) {
            entries.sort((x, y) -> Equality.comparator(limits).compare(x.key(), y.key()));
        }
        append("{");
        boolean first = true;
        for (Dict.Entry e : entries) {
            separate(first, level);
            text(key(e.key()));
            append(keySeparator);
            value(e.value(), level);
            first = false;
        }
        close(entries.isEmpty(), level, "}");
    }

    private static String key(@Nullable Object key) {
        return switch (key) {
            case null -> "null";
            case String s -> s;
            case Markup m -> m.text();
            case Boolean b -> b ? "true" : "false";
            case Long n -> n.toString();
            case Double d -> number(d);
            default -> throw new TemplateException(Values.kind(key) + " cannot be a key in JSON");
        };
    }

    private void separate(boolean first, int level) {
        append(first ? "" : itemSeparator);
        line(level);
    }

    private void close(boolean empty, int level, String bracket) {
        if (!empty) {
            line(level - 1);
        }
        append(bracket);
    }

    private void line(int level) {
        if (indent != null) {
            Limits.checkText((long) indent.length() * level);
            append("\n" + indent.repeat(level));
        }
    }

    private void text(String s) {
        limits.lookedAt(s.length());
        StringBuilder quoted = new StringBuilder(s.length() + 2).append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                case '\b' -> quoted.append("\\b");
                case '\f' -> quoted.append("\\f");
                default -> {
                    if (c < ' ' || ascii && c > '~') {
                        quoted.append("\\u").append(Characters.hexadecimal(c, 4));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        append(quoted.append('"').toString());
    }
}

package dev.fovea.core.text.jinja;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** JSON as Python's {@code json.dumps(value, ensure_ascii=False)} writes it, spaces included. */
final class PythonJson {
    private final StringBuilder out = new StringBuilder();
    private final int indent;
    private final String itemSeparator;
    private final String keySeparator;
    private final boolean sortKeys;

    private PythonJson(int indent, String itemSeparator, String keySeparator, boolean sortKeys) {
        this.indent = indent;
        this.itemSeparator = itemSeparator;
        this.keySeparator = keySeparator;
        this.sortKeys = sortKeys;
    }

    /**
     * The JSON text of a value.
     *
     * @param indent spaces per level, or -1 for a single line
     * @param separators between items and after keys; null for Python's own
     */
    static String write(@Nullable Object value, int indent, @Nullable List<?> separators, boolean sortKeys) {
        String item = separators == null ? (indent < 0 ? ", " : ",") : Values.text(separators.get(0));
        String key = separators == null ? ": " : Values.text(separators.get(1));
        PythonJson json = new PythonJson(indent, item, key, sortKeys);
        json.value(value, 0);
        return json.out.toString();
    }

    /** A float as Python writes it. */
    static String number(double d) {
        if (Double.isNaN(d)) {
            return "nan";
        }
        if (Double.isInfinite(d)) {
            return d > 0 ? "inf" : "-inf";
        }
        double size = Math.abs(d);
        if (size != 0 && (size < 1e-4 || size >= 1e16)) {
            return exponential(d);
        }
        return new BigDecimal(Double.toString(d)).toPlainString();
    }

    /** Java writes 1.0E-7 where Python writes 1e-07. */
    private static String exponential(double d) {
        String[] parts = Double.toString(d).split("E", 2);
        int exponent = Integer.parseInt(parts[1]);
        String mantissa = parts[0].endsWith(".0") ? parts[0].substring(0, parts[0].length() - 2) : parts[0];
        return mantissa + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    private void value(@Nullable Object value, int level) {
        Limits.checkText(out.length());
        switch (value) {
            case null -> out.append("null");
            case Boolean b -> out.append(b);
            case Long n -> out.append(n);
            case Double d ->
                out.append(
                        Double.isNaN(d)
                                ? "NaN"
                                : Double.isInfinite(d) ? (d > 0 ? "Infinity" : "-Infinity") : number(d));
            case String s -> text(s);
            case List<?> list -> {
                out.append('[');
                boolean first = true;
                for (Object item : list) {
                    separate(first, level + 1);
                    value(item, level + 1);
                    first = false;
                }
                close(list.isEmpty(), level, ']');
            }
            case Map<?, ?> map -> map(map, level);
            default -> throw new TemplateException(Values.kind(value) + " cannot be written as JSON");
        }
    }

    private void map(Map<?, ?> map, int level) {
        out.append('{');
        boolean first = true;
        for (Map.Entry<?, ?> e : (sortKeys ? new TreeMap<Object, Object>(map) : map).entrySet()) {
            separate(first, level + 1);
            text(Values.write(e.getKey()));
            out.append(keySeparator);
            value(e.getValue(), level + 1);
            first = false;
        }
        close(map.isEmpty(), level, '}');
    }

    private void separate(boolean first, int level) {
        if (!first) {
            out.append(itemSeparator);
        }
        line(level);
    }

    private void close(boolean empty, int level, char bracket) {
        if (!empty) {
            line(level);
        }
        out.append(bracket);
    }

    private void line(int level) {
        if (indent >= 0) {
            out.append('\n').repeat(' ', indent * level);
        }
    }

    private void text(String s) {
        out.append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < ' ') {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}

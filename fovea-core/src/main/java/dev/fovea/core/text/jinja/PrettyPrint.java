package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The filter {@code pprint}: a value over several lines where one would be too long, dictionaries sorted by key. */
final class PrettyPrint {
    private static final int WIDTH = 80;

    private final StringBuilder out = new StringBuilder();
    private final Limits limits;

    private PrettyPrint(Limits limits) {
        this.limits = limits;
    }

    static String write(@Nullable Object value, Limits limits) {
        PrettyPrint print = new PrettyPrint(limits);
        print.value(value, 0, 0, 0);
        return print.out.toString();
    }

    private void append(String piece) {
        limits.made(piece.length());
        Limits.checkText((long) out.length() + piece.length());
        out.append(piece);
    }

    /**
     * Writes a value.
     *
     * @param indent the column where it begins
     * @param allowance how much must fit on its last line after it
     */
    private void value(@Nullable Object value, int indent, int allowance, int depth) {
        Object sorted = sorted(value, depth);
        String line = PythonText.represent(sorted, limits);
        if (line.length() <= WIDTH - indent - allowance) {
            append(line);
            return;
        }
        switch (sorted) {
            case Dict dict -> dict(dict, indent, allowance, limits.below(depth));
            case Tuple t -> list(t, "(", t.size() == 1 ? ",)" : ")", indent, allowance, limits.below(depth));
            case Range r -> append(line);
            case List<?> list -> list(list, "[", "]", indent, allowance, limits.below(depth));
            case String s -> text(s, indent, allowance, depth);
            case null -> append(line);
            default -> append(line);
        }
    }

    private @Nullable Object sorted(@Nullable Object value, int depth) {
        int below = limits.below(depth);
        if (value instanceof Dict dict) {
            List<Dict.Entry> entries = new ArrayList<>(dict.entries());
            entries.sort((x, y) -> order(x.key(), y.key()));
            Dict sorted = new Dict();
            entries.forEach(e -> sorted.put(e.key(), sorted(e.value(), below), limits));
            return sorted;
        }
        if (value instanceof List<?> list && !(value instanceof Range)) {
            List<@Nullable Object> items = new ArrayList<>();
            list.forEach(item -> items.add(sorted(item, below)));
            return value instanceof Tuple ? new Tuple(items) : items;
        }
        return value;
    }

    private int order(@Nullable Object a, @Nullable Object b) {
        boolean comparable = Values.isNumber(a) && Values.isNumber(b) || Values.isText(a) && Values.isText(b);
        return comparable
                ? Equality.comparator(limits).compare(a, b)
                : Values.kind(a).compareTo(Values.kind(b));
    }

    private void dict(Dict dict, int indent, int allowance, int depth) {
        append("{");
        int left = dict.size();
        for (Dict.Entry e : dict.entries()) {
            String key = PythonText.represent(e.key(), limits);
            append(key + ": ");
            value(e.value(), indent + key.length() + 3, --left == 0 ? allowance + 1 : 1, depth);
            append(left == 0 ? "" : ",\n" + " ".repeat(indent + 1));
        }
        append("}");
    }

    private void list(List<?> list, String open, String close, int indent, int allowance, int depth) {
        append(open);
        for (int i = 0; i < list.size(); i++) {
            boolean last = i == list.size() - 1;
            value(list.get(i), indent + 1, last ? allowance + close.length() : 1, depth);
            append(last ? "" : ",\n" + " ".repeat(indent + 1));
        }
        append(close);
    }

    /** A long text as several literals, one under the other. */
    private void text(String s, int indent, int allowance, int depth) {
        boolean brackets = depth == 0;
        int column = brackets ? indent + 1 : indent;
        List<String> pieces = new ArrayList<>();
        List<@Nullable Object> lines = Splitting.lines(s, true, limits);
        for (int i = 0; i < lines.size(); i++) {
            boolean lastLine = i == lines.size() - 1;
            words(Values.text(lines.get(i)), WIDTH - column, lastLine ? allowance + (brackets ? 1 : 0) : 0, pieces);
        }
        if (pieces.size() == 1) {
            append(pieces.getFirst());
            return;
        }
        append((brackets ? "(" : "") + String.join("\n" + " ".repeat(column), pieces) + (brackets ? ")" : ""));
    }

    private void words(String line, int width, int allowance, List<String> pieces) {
        String whole = PythonText.quote(line, limits);
        if (whole.length() <= width - allowance) {
            pieces.add(whole);
            return;
        }
        String current = "";
        java.util.regex.Matcher m = java.util.regex.Pattern.compile("\\S*\\s*").matcher(line);
        while (m.find() && !m.group().isEmpty()) {
            String candidate = current + m.group();
            int most = m.end() == line.length() ? width - allowance : width;
            limits.made(candidate.length());
            if (PythonText.quote(candidate, limits).length() > most) {
                if (!current.isEmpty()) {
                    pieces.add(PythonText.quote(current, limits));
                }
                current = m.group();
            } else {
                current = candidate;
            }
        }
        if (!current.isEmpty()) {
            pieces.add(PythonText.quote(current, limits));
        }
    }
}

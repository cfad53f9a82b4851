package dev.fovea.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Text in aligned columns; the last column is wrapped to the width of the terminal. */
final class Table {
    private static final int GAP = 2;
    private static final int NARROWEST_LAST = 20;

    private final List<List<String>> rows = new ArrayList<>();

    Table row(String... cells) {
        rows.add(List.of(cells));
        return this;
    }

    /** Prints the rows, each line after {@code indent} spaces; the first row in bold if it is a heading. */
    void print(Terminal terminal, int indent, boolean heading) {
        if (rows.isEmpty()) {
            return;
        }
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int c = 0; c < columns - 1; c++) {
                widths[c] = Math.max(widths[c], row.get(c).length());
            }
        }
        int before = indent;
        for (int c = 0; c < columns - 1; c++) {
            before += widths[c] + GAP;
        }
        int last = Math.max(NARROWEST_LAST, terminal.width() - before);
        PrintStream out = terminal.out();
        for (int r = 0; r < rows.size(); r++) {
            List<String> row = rows.get(r);
            StringBuilder line = new StringBuilder(" ".repeat(indent));
            for (int c = 0; c < columns - 1; c++) {
                line.append(row.get(c)).repeat(' ', widths[c] + GAP - row.get(c).length());
            }
            List<String> wrapped = wrap(row.getLast(), last);
            String first = line + wrapped.getFirst();
            out.println((heading && r == 0 ? terminal.bold(first.stripTrailing()) : first.stripTrailing()));
            for (String more : wrapped.subList(1, wrapped.size())) {
                out.println(" ".repeat(before) + more);
            }
        }
    }

    /** Breaks a text between words so that no line is longer than {@code width}, words themselves apart. */
    static List<String> wrap(String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ", -1)) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}

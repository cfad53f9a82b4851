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

    /**
     * Breaks a text between words so that no line is longer than {@code width}; a longer word is broken behind a hyphen or
     * an equals sign, if it has one.
     */
    static List<String> wrap(String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String whole : text.split(" ", -1)) {
            String word = whole;
            for (int cut = joint(word, width); cut > 0; cut = joint(word, width)) {
                if (!line.isEmpty()) {
                    lines.add(line.toString());
                    line.setLength(0);
                }
                lines.add(word.substring(0, cut));
                word = word.substring(cut);
            }
            if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }

    /** Where a word that is too long may be broken; 0 if it need not be or cannot. */
    private static int joint(String word, int width) {
        if (word.length() <= width) {
            return 0;
        }
        return 1 + Math.max(word.lastIndexOf('-', width - 1), word.lastIndexOf('=', width - 1));
    }
}

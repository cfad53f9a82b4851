package dev.fovea.eval.report;

import java.util.List;

/** A table whose cells are coloured by their value and still say it in numbers. */
public final class HeatTable {
    private HeatTable() {}

    /**
     * The table as markup.
     *
     * @param columns headings, written upright
     * @param rows names
     * @param values per row and column 0 to 1; NaN leaves a cell empty
     */
    public static String of(List<String> columns, List<String> rows, double[][] values) {
        StringBuilder out = new StringBuilder("<div class=\"wide\"><table class=\"heat\"><thead><tr><th></th>");
        columns.forEach(c -> out.append("<th><span>").append(Html.escape(c)).append("</span></th>"));
        out.append("</tr></thead><tbody>\n");
        for (int r = 0; r < rows.size(); r++) {
            out.append("<tr><td>").append(Html.escape(rows.get(r))).append("</td>");
            for (double value : values[r]) {
                if (Double.isNaN(value)) {
                    out.append("<td></td>");
                } else {
                    out.append("<td style=\"background:").append(Palette.scale(value));
                    out.append(";color:").append(Palette.onScale(value)).append("\">");
                    out.append(Math.round(100 * value)).append("</td>");
                }
            }
            out.append("</tr>\n");
        }
        return out.append("</tbody></table></div>\n").toString();
    }
}

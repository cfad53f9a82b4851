package dev.fovea.eval.bench;

import dev.fovea.eval.report.Html;
import dev.fovea.eval.report.IntervalMark;
import java.util.ArrayList;
import java.util.IntSummaryStatistics;
import java.util.List;

/** Published claims and what the results say about them, in a page and as Markdown. */
final class ClaimsSection {
    /** How verdicts come about, for whoever reads the figures. */
    private static final List<String> RULES = List.of(
            "A difference is ours minus theirs in points, over the questions that both answered, with its 95 % interval "
                    + "(paired, clustered by picture).",
            "Above, or below: held if the whole interval lies there, not if all of it lies on the other side of 0.",
            "At least level: not held if the whole interval lies below 0, else held if all of it lies above -"
                    + Math.round(100 * Verdict.LEVEL) + " points.",
            "Crowded: the lower half of the picture holds more than " + Math.round(100 * (0.5 + Verdict.EVEN))
                    + " % of the kept tokens.",
            "Anything else cannot be told from this many questions. One comparison in twenty errs by chance.",
            "As many operations or tokens: where no budget costs the same, the two around it are mixed, each for the share "
                    + "of the questions that makes the cost equal.");

    private final List<Finding> findings;

    ClaimsSection(List<Finding> findings) {
        this.findings = findings;
    }

    /** The section of a page. */
    void html(Html html) {
        html.element("h3", "", "Claims of the papers");
        html.raw("<ul class=\"note\">\n");
        RULES.forEach(rule -> html.element("li", "", rule));
        html.raw("</ul>\n");
        List<Finding> absent = new ArrayList<>();
        for (Finding finding : findings) {
            if (finding.findings().isEmpty()) {
                absent.add(finding);
            } else {
                claim(html, finding);
            }
        }
        if (!absent.isEmpty()) {
            html.element("h4", "", Verdict.NOT_MEASURED.mark() + " Not measured");
            List<List<String>> rows = new ArrayList<>();
            absent.forEach(f -> rows.add(List.of(f.claim().statement(), String.join(" ", f.unmeasured()))));
            html.table(List.of("claim", "why"), rows, List.of(0, 1), 0);
        }
    }

    private static void claim(Html html, Finding finding) {
        html.raw("<h4>" + Html.escape(finding.claim().statement()) + " <span class=\"tally\">"
                + Html.escape(tally(finding)) + "</span></h4>\n");
        html.note(finding.claim().source() + " " + questions(finding) + ".");
        double reach = finding.findings().stream()
                .mapToDouble(f ->
                        Math.max(Math.abs(f.paired().low()), Math.abs(f.paired().high())))
                .max()
                .orElse(1);
        StringBuilder table = new StringBuilder("<div class=\"wide\"><table class=\"findings\"><thead><tr>"
                + "<th>ours, and against whom</th><th>difference (95 %)</th><th class=\"verdict\">verdict</th>"
                + "<th class=\"mark\">-" + Paired.points(reach).substring(1) + " to " + Paired.points(reach)
                + "</th></tr></thead><tbody>\n");
        finding.findings().forEach(one -> row(table, one, reach));
        html.raw(table.append("</tbody></table></div>\n").toString());
        if (!finding.unmeasured().isEmpty()) {
            html.note("Not measured: " + String.join(" ", finding.unmeasured()));
        }
    }

    private static void row(StringBuilder table, Finding.One one, double reach) {
        Paired paired = one.paired();
        table.append("<tr><td>").append(Html.escape(one.ours())).append("<br><span class=\"against\">");
        table.append(Html.escape(one.theirs())).append("</span></td><td>").append(Paired.points(paired.difference()));
        table.append("<br>").append(paired.interval()).append("</td><td class=\"verdict ");
        table.append(style(one.verdict()))
                .append("\"><b>")
                .append(one.verdict().mark())
                .append("</b> ");
        table.append(one.verdict().words()).append("</td><td class=\"mark\">");
        table.append(IntervalMark.of(paired.difference(), paired.low(), paired.high(), reach));
        table.append("</td></tr>\n");
    }

    /** Over how many questions: {@code 2,000 questions}, or the fewest and the most. */
    private static String questions(Finding finding) {
        IntSummaryStatistics n =
                finding.findings().stream().mapToInt(f -> f.paired().n()).summaryStatistics();
        return (n.getMin() == n.getMax() ? "" : Html.number(n.getMin(), 0) + " to ") + Html.number(n.getMax(), 0)
                + " questions";
    }

    /** The same as Markdown. */
    String markdown() {
        StringBuilder out = new StringBuilder("### Claims of the papers\n\n")
                .append(bullets())
                .append('\n');
        for (Finding finding : findings) {
            out.append("**")
                    .append(finding.claim().statement())
                    .append("** ")
                    .append(tally(finding))
                    .append(".  \n");
            out.append(finding.claim().source()).append("\n\n");
            if (!finding.findings().isEmpty()) {
                out.append("| ours | against | difference (95 %) | n | verdict |\n|---|---|---:|---:|---|\n");
            }
            for (Finding.One one : finding.findings()) {
                out.append("| ")
                        .append(one.ours())
                        .append(" | ")
                        .append(one.theirs())
                        .append(" | ");
                out.append(Paired.points(one.paired().difference()))
                        .append(" (")
                        .append(one.paired().interval())
                        .append(") | ");
                out.append(one.paired().n())
                        .append(" | ")
                        .append(one.verdict().mark())
                        .append(' ');
                out.append(one.verdict().words()).append(" |\n");
            }
            if (!finding.unmeasured().isEmpty()) {
                out.append(finding.findings().isEmpty() ? "" : "\n").append("Not measured: ");
                out.append(String.join(" ", finding.unmeasured())).append('\n');
            }
            out.append('\n');
        }
        return out.toString();
    }

    private static String bullets() {
        StringBuilder out = new StringBuilder();
        RULES.forEach(rule -> out.append("- ").append(rule).append('\n'));
        return out.toString();
    }

    private static String tally(Finding finding) {
        List<String> parts = new ArrayList<>();
        for (Verdict verdict : Verdict.values()) {
            long count = finding.count(verdict);
            if (count > 0) {
                boolean alone = count == 1 && finding.findings().size() <= 1;
                parts.add(verdict.mark() + " " + verdict.words()
                        + (alone
                                ? ""
                                : " " + count + " of " + finding.findings().size()));
            }
        }
        return String.join(", ", parts);
    }

    private static String style(Verdict verdict) {
        return switch (verdict) {
            case HELD -> "held";
            case NOT_HELD -> "failed";
            case OPEN, NOT_MEASURED -> "open";
        };
    }
}

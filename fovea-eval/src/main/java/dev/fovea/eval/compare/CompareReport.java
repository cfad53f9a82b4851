package dev.fovea.eval.compare;

import dev.fovea.core.image.RgbImage;
import dev.fovea.core.overlay.Overlay;
import dev.fovea.eval.EvalException;
import dev.fovea.eval.bench.Outputs;
import dev.fovea.eval.report.Html;
import dev.fovea.eval.report.Inline;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The page of a comparison: a table, and a picture per contestant of what became of its tokens.
 *
 * @param comparison what was found
 * @param picture the picture, as it was asked about
 * @param patchSize side of the square of pixels that a visual token stands for
 * @param command how it was made
 * @param versions of what took part
 */
public record CompareReport(
        Comparison comparison, RgbImage picture, int patchSize, String command, List<String> versions) {
    private static final int WIDEST = 960;

    public CompareReport {
        versions = List.copyOf(versions);
    }

    /**
     * Writes the page.
     *
     * @throws EvalException if it cannot be written
     */
    public void write(Path target) {
        String page = page();
        Outputs.write(target, file -> Files.writeString(file, page));
    }

    /** The page's markup. */
    String page() {
        Html html = Html.page(comparison.question());
        Compared full = comparison.results().getFirst();
        html.element(
                "p",
                "lead",
                comparison.model() + " under " + (comparison.results().size() - 1)
                        + " contestants; the full model reads all "
                        + full.ledger().plainTotal() + " visual tokens.");
        table(html, full);
        html.heading("What was kept");
        html.note(
                "Bright patches reached the end as tokens of their own, dark grey ones were dropped; patches merged into "
                        + "one token share an outline of one colour.");
        html.raw("<div class=\"cards\">\n");
        comparison.results().forEach(c -> card(html, c, full));
        html.raw("</div>\n");
        if (!comparison.failed().isEmpty()) {
            html.heading("Not run");
            List<List<String>> rows = new ArrayList<>();
            comparison.failed().forEach((c, why) -> rows.add(List.of(c.label(), why)));
            html.table(List.of("contestant", "why"), rows, List.of(1), 0);
        }
        html.heading("How this was made");
        html.element("pre", "", command);
        html.element("pre", "", String.join("\n", versions));
        return html.end();
    }

    private void table(Html html, Compared full) {
        List<List<String>> rows = new ArrayList<>();
        for (Compared c : comparison.results()) {
            long operations = c.cost().firstToken();
            rows.add(List.of(
                    c.contestant().label(),
                    Integer.toString(c.kept()),
                    c.reply().answer(),
                    Html.percent(c.agreement()),
                    Html.number(c.reply().logProbability(), 2),
                    Html.number(c.meanVisual(), 1),
                    Html.number(c.encodeMs(), 1),
                    Html.number(c.reply().prefillMs(), 1),
                    Html.number(c.reply().decodeMs(), 1),
                    Html.metric(operations),
                    Html.percent(operations / (double) full.cost().firstToken()),
                    Html.metric(c.cost().kvTotal())));
        }
        html.table(
                List.of(
                        "contestant",
                        "tokens",
                        "answer",
                        "agreement",
                        "log-prob.",
                        "tokens per layer",
                        "encoder ms",
                        "prefill ms",
                        "decode ms",
                        "FLOPs",
                        "of full",
                        "KV bytes"),
                rows,
                List.of(2),
                1);
        html.note("Agreement is the share of the full model's answer that is repeated from its start. Times are of one "
                + "warm run; prefill includes choosing tokens. FLOPs count two per multiply-add, encoder and prefill.");
    }

    private void card(Html html, Compared c, Compared full) {
        boolean same = c.reply().answer().equals(full.reply().answer());
        html.raw("<div class=\"card\"><h3 style=\"margin-top:0\">"
                + Html.escape(c.contestant().label()) + "</h3>\n");
        html.raw("<img alt=\""
                + Html.escape(c.kept() + " of " + c.ledger().plainTotal() + " tokens kept by "
                        + c.contestant().label()) + "\" src=\"" + overlay(c) + "\">\n");
        html.raw("<p class=\"answer\">" + Html.escape(c.reply().answer()) + "</p>\n<p>");
        html.raw(same ? "<span class=\"yes\">same as the full model</span>" : "<span class=\"no\">differs</span>");
        html.raw(" · " + c.kept() + " tokens · " + Html.number(c.reply().prefillMs(), 1) + " ms prefill</p></div>\n");
    }

    private String overlay(Compared c) {
        BufferedImage drawn = Overlay.draw(picture, c.geometry(), patchSize, c.ledger(), 0, Overlay.Style.TOKENS);
        return Inline.jpeg(drawn, WIDEST);
    }
}

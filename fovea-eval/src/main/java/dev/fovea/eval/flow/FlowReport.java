package dev.fovea.eval.flow;

import dev.fovea.core.image.RgbImage;
import dev.fovea.core.overlay.Overlay;
import dev.fovea.core.path.Ledger;
import dev.fovea.eval.EvalException;
import dev.fovea.eval.Mean;
import dev.fovea.eval.bench.Outputs;
import dev.fovea.eval.report.Chart;
import dev.fovea.eval.report.Html;
import dev.fovea.eval.report.Inline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The page of an analysis: what the answer hangs on by depth, where in the picture each layer looks, and behind which
 * layer the answer can be read. It needs nothing beside itself.
 *
 * @param model its name
 * @param window layers that are blocked at once
 * @param command how it was made
 * @param versions of what took part
 */
public record FlowReport(String model, int window, String command, List<String> versions) {
    private static final int WIDEST_SCENE = 336;
    private static final int WIDEST_CARD = 640;

    public FlowReport {
        versions = List.copyOf(versions);
    }

    /**
     * Writes a page.
     *
     * @param page its markup
     * @throws EvalException if it cannot be written
     */
    public static void write(Path target, String page) {
        Outputs.write(target, file -> Files.writeString(file, page));
    }

    /**
     * The page of one answer.
     *
     * @param picture as it was asked about
     * @param tokenPixels side of the square of prepared pixels that a visual token stands for
     */
    public String page(Flow flow, RgbImage picture, int tokenPixels) {
        Html html = Html.page(flow.question());
        html.element(
                "p",
                "lead",
                model + " answers “" + flow.answer() + "”; its first token, “"
                        + flow.token().strip() + "”, has a probability of " + Html.percent(flow.probability()) + ".");
        html.raw("<img class=\"scene\" alt=\"the picture that was asked about\" src=\""
                + Inline.jpeg(picture.toBufferedImage(), WIDEST_SCENE) + "\">\n");
        html.heading("Who tells whom, by depth");
        FlowCharts.legend(html, window);
        Map<FlowEdge, List<Mean>> change = new LinkedHashMap<>();
        flow.change().forEach((edge, values) -> change.put(edge, FlowCharts.exact(values)));
        FlowCharts.changes(html, change, flow.windows());
        Flow.Heat heat = flow.heat();
        if (heat != null) {
            heat(html, flow, heat, picture, tokenPixels);
        }
        html.heading("Where the answer appears");
        html.note("What the model's head makes of the last token behind each layer, as if it were the last layer; with"
                + " the final norm and without it.");
        FlowCharts.emergence(html, words(flow));
        end(html);
        return html.end();
    }

    private void heat(Html html, Flow flow, Flow.Heat heat, RgbImage picture, int tokenPixels) {
        html.heading("Where each layer looks for it");
        html.note("Bright: to look harder there makes the answer more probable, by the slope of its log-odds in the"
                + " scores of attention. Each layer has a scale of its own; the chart says how much hangs on each.");
        List<Chart.Series> series = new ArrayList<>();
        heat.byReader()
                .forEach((group, sums) ->
                        series.add(FlowCharts.slopes(group.word() + " looks at the picture", series.size(), sums)));
        html.raw(Chart.legend(series));
        html.raw(FlowCharts.ALONE
                + new Chart("How much hangs on looking at the picture", "layer", "sum of slopes", series).figure()
                + "</div>\n<div class=\"cards\">\n");
        for (int layer = 0; layer < heat.towards().length; layer++) {
            float[] speaksFor = new float[heat.towards()[layer].length];
            double sum = 0;
            for (int i = 0; i < speaksFor.length; i++) {
                speaksFor[i] = Math.max(0, heat.towards()[layer][i]);
                sum += heat.towards()[layer][i];
            }
            Ledger scored = flow.ledger().scored("layer " + layer, speaksFor);
            html.raw("<div class=\"card\"><h3 style=\"margin-top:0\">Layer " + layer + "</h3>\n<img alt=\""
                    + "heat of layer " + layer + " over the picture\" src=\""
                    + Inline.jpeg(
                            Overlay.draw(picture, flow.geometry(), tokenPixels, scored, 0, Overlay.Style.HEAT),
                            WIDEST_CARD)
                    + "\">\n");
            html.element("p", "", "All together: " + Html.number(sum, 3)).raw("</div>\n");
        }
        html.raw("</div>\n");
    }

    private static List<Chart.Series> words(Flow flow) {
        List<Chart.Series> series = new ArrayList<>();
        for (Emergence e : flow.emergence()) {
            series.add(word("“" + e.word() + "”, normed", series.size(), e.normed()));
            series.add(word("“" + e.word() + "”, raw", series.size(), e.raw()));
        }
        return series;
    }

    private static Chart.Series word(String name, int style, List<Double> shares) {
        double[] percent = shares.stream().mapToDouble(v -> 100 * v).toArray();
        return FlowCharts.series(name, style, FlowCharts.exact(percent), layers -> name + " behind " + layers);
    }

    /** The page of many answers. */
    public String page(FlowCurves curves, String source) {
        Html html = Html.page("What answers hang on: " + model);
        html.element(
                "p",
                "lead",
                curves.kept() + " of " + curves.asked() + " questions answered rightly (" + source
                        + "); their first tokens have a probability of "
                        + Html.percent(curves.probability().value()) + " on average. Means over these answers with 95 %"
                        + " intervals.");
        html.heading("Who tells whom, by depth");
        FlowCharts.legend(html, window);
        FlowCharts.changes(html, curves.change(), curves.windows());
        html.heading("Where the answers appear");
        html.note(
                "Probability of the answer's first token, as the model's head reads the last token of the prompt behind"
                        + " each layer; with the final norm and without it.");
        FlowCharts.emergence(
                html,
                List.of(
                        FlowCharts.series("normed", 0, curves.normed(), layers -> "normed, behind " + layers),
                        FlowCharts.series("raw", 1, curves.raw(), layers -> "raw, behind " + layers)));
        end(html);
        return html.end();
    }

    private void end(Html html) {
        html.heading("How this was made");
        html.note("After Cross-modal Information Flow in Multimodal Large Language Models (arXiv 2411.18620).");
        html.element("pre", "", command);
        html.element("pre", "", String.join("\n", versions));
    }
}

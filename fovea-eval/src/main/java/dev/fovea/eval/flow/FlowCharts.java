package dev.fovea.eval.flow;

import dev.fovea.eval.Mean;
import dev.fovea.eval.report.Chart;
import dev.fovea.eval.report.Html;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** The drawings of an analysis, of one answer or of many. */
final class FlowCharts {
    /** Around one chart, which would be far too large on a wide screen. */
    static final String ALONE = "<div class=\"charts\" style=\"max-width:680px\">\n";

    private FlowCharts() {}

    /** How each block changes the answer, around each layer; of one answer the interval is the value itself. */
    static void changes(Html html, Map<FlowEdge, List<Mean>> change, List<LayerWindow> windows) {
        List<Chart.Series> series = new ArrayList<>();
        change.forEach((edge, means) -> series.add(series(
                edge.label(),
                series.size(),
                means,
                centre -> edge.label() + " blocked in layers " + windows.get(centre))));
        Chart chart =
                new Chart("Change of the answer's probability", "middle layer of the block", "change in %", series);
        html.raw(Chart.legend(series));
        html.raw(ALONE + chart.figure() + "</div>\n");
        html.element("h3", "", "One by one");
        html.raw(chart.panels());
        html.element("h3", "", "In numbers");
        List<String> header = new ArrayList<>(List.of("blocked"));
        windows.forEach(window -> header.add(window.toString()));
        List<List<String>> rows = new ArrayList<>();
        change.forEach((edge, means) -> {
            List<String> row = new ArrayList<>(List.of(edge.label()));
            means.forEach(mean -> row.add(cell(mean)));
            rows.add(row);
        });
        html.table(header, rows, List.of(), 0);
    }

    /** A mean with its interval, where it has one. */
    static String cell(Mean mean) {
        String value = Html.number(mean.value(), 1);
        return mean.low() == mean.high()
                ? value
                : value + " (" + Html.number(mean.low(), 1) + " to " + Html.number(mean.high(), 1) + ")";
    }

    /** How probable words are behind each number of layers, in percent. */
    static void emergence(Html html, List<Chart.Series> series) {
        html.raw(Chart.legend(series));
        html.raw(ALONE
                + new Chart("Probability read off the last token", "layers behind it", "probability in %", series)
                        .figure()
                + "</div>\n");
    }

    static Chart.Series series(String name, int style, List<Mean> means, IntFunction<String> what) {
        List<Chart.Point> points = new ArrayList<>();
        for (int i = 0; i < means.size(); i++) {
            Mean mean = means.get(i);
            points.add(new Chart.Point(
                    i, mean.value(), mean.low(), mean.high(), what.apply(i) + ": " + cell(mean) + " %"));
        }
        return new Chart.Series(name, style, points);
    }

    /** How much hangs on each layer; slopes are no percentages. */
    static Chart.Series slopes(String name, int style, double... sums) {
        List<Chart.Point> points = new ArrayList<>();
        for (int layer = 0; layer < sums.length; layer++) {
            double sum = sums[layer];
            points.add(new Chart.Point(layer, sum, sum, sum, name + ": " + Html.number(sum, 3)));
        }
        return new Chart.Series(name, style, points);
    }

    /** Values without intervals. */
    static List<Mean> exact(double... values) {
        List<Mean> means = new ArrayList<>();
        for (double value : values) {
            means.add(new Mean(value, value, value, 1));
        }
        return means;
    }

    /** What the drawings say, in words. */
    static void legend(Html html, int window) {
        html.note("“picture → question” blocked: in " + (window == 1 ? "one layer" : window + " neighbouring layers")
                + " the words of the question do not look at the picture; all else stays. Where the answer becomes less"
                + " probable, it was told there.");
    }
}

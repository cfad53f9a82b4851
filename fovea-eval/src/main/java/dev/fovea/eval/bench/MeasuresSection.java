package dev.fovea.eval.bench;

import dev.fovea.eval.report.Chart;
import dev.fovea.eval.report.Html;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Figures with intervals and how they differ from the plain model's, where a suite has such, in a page and as Markdown. */
final class MeasuresSection {
    private static final String NOTE =
            "In percent (named: objects per caption), with 95 % intervals of 2,000 draws of the pictures; differences in points"
                    + " from the full model, over the questions that both answered, drawn together.";

    private static final String COUNT = "named";
    private static final List<String> THIRDS = List.of("early", "middle", "late");
    private static final String CHAIR = ".chair_i";

    private final List<Measures> measures;

    /** @param measures of one suite */
    MeasuresSection(List<Measures> measures) {
        this.measures = measures;
    }

    /** A table: the same columns for all contestants. */
    private record Grid(String title, List<String> header, List<List<String>> rows) {}

    /** Figures by the first part of their names; first those that have one part alone. */
    private List<Grid> grids() {
        Map<String, List<String>> parts = new LinkedHashMap<>();
        for (String name : measures.getFirst().figures().keySet()) {
            int dot = name.indexOf('.');
            parts.computeIfAbsent(dot < 0 ? "" : name.substring(0, dot), p -> new ArrayList<>())
                    .add(name);
        }
        List<Grid> grids = new ArrayList<>();
        parts.forEach((part, names) -> grids.add(grid(part, names)));
        return grids;
    }

    private Grid grid(String part, List<String> names) {
        List<String> header = new ArrayList<>(List.of("contestant"));
        names.forEach(name -> header.add(name.substring(part.isEmpty() ? 0 : part.length() + 1)));
        List<List<String>> rows = new ArrayList<>();
        for (Measures m : measures) {
            List<String> row = new ArrayList<>(List.of(m.contestant().label()));
            names.forEach(name -> row.add(value(name, m.figures().get(name))));
            rows.add(row);
            if (!m.differences().isEmpty()) {
                List<String> below = new ArrayList<>(List.of(m.contestant().label() + " - full model"));
                names.forEach(name -> below.add(difference(name, m.differences().get(name))));
                rows.add(below);
            }
        }
        return new Grid(part, header, rows);
    }

    private static String value(String name, @Nullable Estimate e) {
        return e == null || !Double.isFinite(e.value()) ? "–" : text(name, e, "%.1f", " (%.1f–%.1f)");
    }

    private static String difference(String name, @Nullable Estimate e) {
        return e == null || !Double.isFinite(e.value()) ? "–" : text(name, e, "%+.1f", " (%+.1f to %+.1f)");
    }

    @SuppressWarnings("AnnotateFormatMethod") // the annotation is Error Prone's own, no dependency of this project
    private static String text(String name, Estimate e, String value, String interval) {
        double scale = name.equals(COUNT) ? 1 : 100;
        String text = String.format(Locale.ROOT, value, scale * e.value());
        return Double.isFinite(e.low())
                ? text + String.format(Locale.ROOT, interval, scale * e.low(), scale * e.high())
                : text;
    }

    /** The section of a page. */
    void html(Html html, List<String> techniques) {
        if (measures.isEmpty()) {
            return;
        }
        if (!measures.getFirst().figures().isEmpty()) {
            html.element("h3", "", "Figures with intervals");
            html.note(NOTE);
            for (Grid grid : grids()) {
                if (!grid.title().isEmpty()) {
                    html.element("h4", "", grid.title());
                }
                html.table(grid.header(), grid.rows(), List.of(), 1);
            }
        }
        charts(html, techniques);
    }

    private void charts(Html html, List<String> techniques) {
        List<Chart.Series> thirds = series(techniques, MeasuresSection::thirds);
        List<Chart.Series> tokens = series(techniques, MeasuresSection::tokens);
        if (thirds.isEmpty() && tokens.isEmpty()) {
            return;
        }
        html.raw(Chart.legend(tokens.isEmpty() ? thirds : tokens));
        html.raw("<div class=\"charts\">\n");
        html.raw(new Chart("Invented objects by third of the caption", "third of the caption", "CHAIR_i, %", thirds)
                .figure());
        html.raw(new Chart(
                        "Dependence on the picture by token",
                        "token of the answer",
                        "PDM-H (Hellinger distance)",
                        tokens)
                .figure());
        html.raw("</div>\n");
        if (!tokens.isEmpty()) {
            html.note(
                    "PDM-H is the distance of what is expected next with the picture and without it, before the technique"
                            + " changes what is expected: 0 where the picture makes no difference, 1 where nothing is expected in"
                            + " common. Positions that fewer than ten answers reach are left out.");
        }
    }

    /** One line per contestant that has points. */
    private List<Chart.Series> series(List<String> techniques, Function<Measures, List<Chart.Point>> points) {
        List<Chart.Series> series = new ArrayList<>();
        for (int i = 0; i < measures.size(); i++) {
            Measures m = measures.get(i);
            List<Chart.Point> own = points.apply(m);
            if (!own.isEmpty()) {
                // Contestants of one technique at several budgets are lines of their own here.
                boolean several = measures.stream()
                                .filter(o -> o.contestant()
                                        .technique()
                                        .equals(m.contestant().technique()))
                                .count()
                        > 1;
                series.add(new Chart.Series(
                        m.contestant().label(),
                        several
                                ? techniques.size() + i
                                : techniques.indexOf(m.contestant().technique()),
                        own));
            }
        }
        return series;
    }

    private static List<Chart.Point> thirds(Measures m) {
        List<Chart.Point> points = new ArrayList<>();
        for (int third = 0; third < THIRDS.size(); third++) {
            Estimate e = m.figures().get(THIRDS.get(third) + CHAIR);
            if (e != null && Double.isFinite(e.value()) && Double.isFinite(e.low())) {
                points.add(point(m, third + 1, e, 100));
            }
        }
        return points;
    }

    private static List<Chart.Point> tokens(Measures m) {
        return m.dependence().stream()
                .map(p -> point(m, p.token(), p.mean(), 1))
                .toList();
    }

    private static Chart.Point point(Measures m, int x, Estimate e, double scale) {
        return new Chart.Point(
                x,
                scale * e.value(),
                scale * e.low(),
                scale * e.high(),
                m.contestant().label() + ": " + Html.number(scale * e.value(), scale == 1 ? 3 : 1));
    }

    /** The tables as Markdown. */
    String markdown() {
        if (measures.isEmpty() || measures.getFirst().figures().isEmpty()) {
            return "";
        }
        StringBuilder out =
                new StringBuilder("### Figures with intervals\n\n").append(NOTE).append("\n\n");
        for (Grid grid : grids()) {
            if (!grid.title().isEmpty()) {
                out.append("**").append(grid.title()).append("**\n\n");
            }
            out.append(line(grid.header()))
                    .append("|---")
                    .append("|---:".repeat(grid.header().size() - 1))
                    .append("|\n");
            grid.rows().forEach(row -> out.append(line(row)));
            out.append('\n');
        }
        return out.toString();
    }

    private static String line(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |\n";
    }
}

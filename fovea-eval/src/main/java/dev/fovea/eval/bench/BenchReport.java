package dev.fovea.eval.bench;

import dev.fovea.eval.report.Chart;
import dev.fovea.eval.report.HeatTable;
import dev.fovea.eval.report.Html;
import dev.fovea.eval.suite.Suite;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/** The report of a contest: charts, claims, a map of skills, standings, and what made them. */
public final class BenchReport {
    private final Contest contest;
    private final Bench.Finished finished;
    private final List<Standing> standings;

    public BenchReport(Contest contest, Bench.Finished finished) {
        this.contest = contest;
        this.finished = finished;
        this.standings = Standing.of(finished.rows(), contest.suites());
    }

    /**
     * Writes the page.
     *
     * @throws dev.fovea.eval.EvalException if it cannot be written
     */
    public void write(Path target) {
        String page = page();
        Outputs.write(target, file -> Files.writeString(file, page));
    }

    String page() {
        Html html = Html.page(
                "Visual tokens spent by " + (contest.contestants().size() - 1) + " contestants on " + contest.model());
        html.element(
                "p",
                "lead",
                "Every contestant was asked the same questions about the same pictures with the same prompts, greedily; "
                        + "questions about one picture share one pass through the encoder. Shares carry 95 % intervals "
                        + "(Wilson).");
        if (!finished.complete()) {
            html.element("p", "no", "This run was stopped before its end; run the command again and it goes on.");
        }
        for (Suite suite : contest.suites()) {
            suite(html, suite);
        }
        retention(html);
        troubles(html);
        provenance(html);
        return html.end();
    }

    private List<Standing> of(Suite suite) {
        return standings.stream().filter(s -> s.suite().equals(suite.name())).toList();
    }

    private void suite(Html html, Suite suite) {
        List<Standing> own = of(suite);
        html.heading(suite.name());
        html.note(suite.source());
        if (own.isEmpty()) {
            html.paragraph("No question was answered.");
            return;
        }
        List<Chart.Series> legend = series(own, Standing::mean);
        html.raw(Chart.legend(legend));
        html.raw("<div class=\"charts\">\n");
        html.raw(new Chart("Score by visual tokens", "visual tokens, average per decoder layer", "score, %", legend)
                .figure());
        html.raw(new Chart(
                        "Score by time to the first token",
                        "encoder + prefill, ms (medians, selection included)",
                        "score, %",
                        series(own, s -> s.encodeMs() + s.prefillMs()))
                .figure());
        double scale = scale(own);
        html.raw(new Chart(
                        "Score by operations to the first token",
                        "encoder + prefill, " + unit(scale) + "FLOPs",
                        "score, %",
                        series(own, s -> (s.encodeFlops() + s.prefillFlops()) / scale))
                .figure());
        html.raw("</div>\n");
        if (legend.size() > 2) {
            html.element("h3", "", "Score by visual tokens, each by itself before all others");
            html.raw(new Chart("Score by visual tokens", "", "", legend).panels());
        }
        List<String> techniques = contest.contestants().stream()
                .map(Contestant::technique)
                .distinct()
                .toList();
        new MeasuresSection(finished.measures(suite)).html(html, techniques);
        new ClaimsSection(finished.findings(suite)).html(html);
        PlacesSection.html(html, finished.of(suite));
        heat(html, own);
        table(html, own, new Baselines(finished.of(suite)));
    }

    /** One line per technique through its budgets; the plain model is a point of its own. */
    private List<Chart.Series> series(List<Standing> own, ToDoubleFunction<Standing> x) {
        Map<String, List<Chart.Point>> lines = new LinkedHashMap<>();
        for (Standing s : own) {
            if (s.score().n() > 0) {
                lines.computeIfAbsent(s.contestant().technique(), t -> new ArrayList<>())
                        .add(new Chart.Point(
                                x.applyAsDouble(s),
                                100 * s.score().value(),
                                100 * s.score().low(),
                                100 * s.score().high(),
                                s.contestant().label() + ": "
                                        + Html.percent(s.score().value())));
            }
        }
        List<String> techniques = contest.contestants().stream()
                .map(Contestant::technique)
                .distinct()
                .toList();
        List<Chart.Series> out = new ArrayList<>();
        lines.forEach((technique, points) -> {
            points.sort(Comparator.comparingDouble(Chart.Point::x));
            out.add(new Chart.Series(technique, techniques.indexOf(technique), points));
        });
        return out;
    }

    private static double scale(List<Standing> own) {
        double most = own.stream()
                .mapToDouble(s -> s.encodeFlops() + s.prefillFlops())
                .filter(Double::isFinite)
                .max()
                .orElse(1);
        return most >= 1e12 ? 1e12 : most >= 1e9 ? 1e9 : 1e6;
    }

    private static String unit(double scale) {
        return scale >= 1e12 ? "T" : scale >= 1e9 ? "G" : "M";
    }

    private static void heat(Html html, List<Standing> own) {
        TreeSet<String> skills = new TreeSet<>();
        own.forEach(s -> skills.addAll(s.bySkill().keySet()));
        if (skills.size() < 2) {
            return;
        }
        html.element("h3", "", "Score by skill, %");
        List<String> columns = new ArrayList<>(skills);
        List<String> rows = new ArrayList<>();
        double[][] values = new double[own.size()][columns.size()];
        for (int r = 0; r < own.size(); r++) {
            rows.add(own.get(r).contestant().label());
            for (int c = 0; c < columns.size(); c++) {
                var proportion = own.get(r).bySkill().get(columns.get(c));
                values[r][c] = proportion == null ? Double.NaN : proportion.value();
            }
        }
        html.raw(HeatTable.of(columns.stream().map(c -> c.replace('_', ' ')).toList(), rows, values));
        int n = own.getFirst().bySkill().values().stream()
                .mapToInt(p -> p.n())
                .min()
                .orElse(0);
        html.note("At least " + n + " questions per skill: a cell's 95 % interval is up to ± "
                + Math.round(98 / Math.sqrt(Math.max(1, n))) + " points wide.");
    }

    private void table(Html html, List<Standing> own, Baselines baselines) {
        html.element("h3", "", "Standings");
        List<String> metrics = own.stream()
                .filter(s -> !s.metrics().isEmpty())
                .findFirst()
                .map(s -> List.copyOf(s.metrics().keySet()))
                .orElse(List.of());
        List<String> header = new ArrayList<>(List.of("contestant", "score", "95 % interval", "n"));
        header.addAll(metrics);
        header.addAll(baselines.header());
        header.addAll(
                List.of("tokens kept", "per layer", "encoder ms", "prefill ms", "decode ms", "FLOPs", "KV bytes"));
        header.addAll(contest.trainingHeader());
        header.add("errors");
        List<List<String>> rows = new ArrayList<>();
        for (Standing s : own) {
            List<String> row = new ArrayList<>(List.of(
                    s.contestant().label(),
                    Html.percent(s.score().value()),
                    Html.number(100 * s.score().low(), 1) + "–"
                            + Html.number(100 * s.score().high(), 1),
                    Integer.toString(s.score().n())));
            metrics.forEach(m -> row.add(Html.number(s.metrics().getOrDefault(m, Double.NaN), 3)));
            row.addAll(baselines.cells(s.contestant()));
            row.addAll(List.of(
                    Html.number(s.kept(), 1),
                    Html.number(s.mean(), 1),
                    Html.number(s.encodeMs(), 1),
                    Html.number(s.prefillMs(), 1),
                    Html.number(s.decodeMs(), 1),
                    Html.metric(s.encodeFlops() + s.prefillFlops()),
                    Html.metric(s.kvBytes())));
            row.addAll(contest.trainingCells(s.contestant()));
            row.add(Integer.toString(s.errors()));
            rows.add(row);
        }
        html.table(header, rows, List.of(), 1);
        if (!baselines.note().isEmpty()) {
            html.note(baselines.note());
        }
        if (!contest.trained().isEmpty()) {
            html.note(TrainingCost.NOTE);
        }
        html.note(
                "Tokens kept are those behind the last station; per layer is the average over the decoder's layers, by "
                        + "which techniques that prune inside the model are placed in the charts. Prefill runs from the features "
                        + "to the first token and includes choosing tokens; times are medians. FLOPs count two per multiply-add, "
                        + "encoder and prefill; keys and values take two bytes a number.");
    }

    private void retention(Html html) {
        if (contest.suites().size() < 2) {
            return;
        }
        html.heading("Retention");
        html.paragraph("The mean over suites of each suite's first metric as a share of the plain model's.");
        List<List<String>> rows = new ArrayList<>();
        Standing.retention(standings)
                .forEach((contestant, share) -> rows.add(List.of(contestant.label(), Html.percent(share))));
        html.table(List.of("contestant", "retention"), rows, List.of(), 1);
    }

    private void troubles(Html html) {
        List<List<String>> rows = new ArrayList<>();
        finished.refused().forEach((c, why) -> rows.add(List.of(c.label(), "not run", why)));
        for (Standing s : standings) {
            if (s.errors() > 0) {
                rows.add(List.of(s.contestant().label(), s.errors() + " questions of " + s.suite(), s.firstError()));
            }
        }
        if (!rows.isEmpty()) {
            html.heading("What went wrong");
            html.table(List.of("contestant", "what", "why (the first one)"), rows, List.of(1, 2), 0);
        }
    }

    private void provenance(Html html) {
        html.heading("How this was made");
        html.element("pre", "", contest.command());
        html.element("pre", "", "arithmetic " + contest.arithmetic() + "\n" + String.join("\n", contest.versions()));
    }
}

package dev.fovea.eval.bench;

import dev.fovea.eval.report.Html;
import dev.fovea.eval.suite.Suite;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A contest in short, as Markdown: standings, claims, and what made them. */
public final class BenchSummary {
    private final Contest contest;
    private final Bench.Finished finished;

    public BenchSummary(Contest contest, Bench.Finished finished) {
        this.contest = contest;
        this.finished = finished;
    }

    /**
     * Writes the file.
     *
     * @throws dev.fovea.eval.EvalException if it cannot be written
     */
    public void write(Path target) {
        String text = text();
        Outputs.write(target, file -> Files.writeString(file, text));
    }

    String text() {
        StringBuilder out = new StringBuilder("# Visual tokens spent on ")
                .append(contest.model())
                .append("\n\n");
        if (!finished.complete()) {
            out.append("This run was stopped before its end.\n\n");
        }
        List<Standing> standings = Standing.of(finished.rows(), contest.suites());
        for (Suite suite : contest.suites()) {
            out.append("## ")
                    .append(suite.name())
                    .append("\n\n")
                    .append(suite.source())
                    .append("\n\n");
            standings(
                    out,
                    standings.stream()
                            .filter(s -> s.suite().equals(suite.name()))
                            .toList(),
                    new Baselines(finished.of(suite)));
            out.append(new MeasuresSection(finished.measures(suite)).markdown());
            out.append(new ClaimsSection(finished.findings(suite)).markdown());
        }
        finished.refused()
                .forEach((c, why) -> out.append("Not run: ")
                        .append(c.label())
                        .append(": ")
                        .append(why)
                        .append("\n\n"));
        out.append("## How this was made\n\n    ").append(contest.command()).append("\n\n");
        out.append("    arithmetic ").append(contest.arithmetic()).append('\n');
        contest.versions().forEach(v -> out.append("    ").append(v).append('\n'));
        return out.toString();
    }

    private void standings(StringBuilder out, List<Standing> standings, Baselines baselines) {
        List<String> header = new ArrayList<>(List.of("contestant", "score", "95 % interval", "n"));
        header.addAll(baselines.header());
        header.addAll(List.of("tokens per layer", "FLOPs", "prefill ms"));
        header.addAll(contest.trainingHeader());
        header.add("errors");
        out.append(line(header))
                .append("|---")
                .append("|---:".repeat(header.size() - 1))
                .append("|\n");
        for (Standing s : standings) {
            List<String> row = new ArrayList<>(List.of(
                    s.contestant().label(),
                    Html.percent(s.score().value()),
                    Html.number(100 * s.score().low(), 1) + "–"
                            + Html.number(100 * s.score().high(), 1),
                    Integer.toString(s.score().n())));
            row.addAll(baselines.cells(s.contestant()));
            row.addAll(List.of(
                    Html.number(s.mean(), 1),
                    Html.metric(s.encodeFlops() + s.prefillFlops()),
                    Html.number(s.prefillMs(), 1)));
            row.addAll(contest.trainingCells(s.contestant()));
            row.add(Integer.toString(s.errors()));
            out.append(line(row));
        }
        out.append('\n');
        if (!baselines.note().isEmpty()) {
            out.append(baselines.note()).append("\n\n");
        }
        if (!contest.trained().isEmpty()) {
            out.append(TrainingCost.NOTE).append("\n\n");
        }
    }

    private static String line(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |\n";
    }
}

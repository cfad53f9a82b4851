package dev.fovea.eval.bench;

import dev.fovea.eval.report.Html;
import dev.fovea.eval.suite.Suite;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

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
            out.append(new ClaimsSection(finished.findings(suite)).markdown());
        }
        finished.refused()
                .forEach((c, why) -> out.append("Not run: ")
                        .append(c.label())
                        .append(": ")
                        .append(why)
                        .append("\n\n"));
        out.append("## How this was made\n\n    ").append(contest.command()).append("\n\n");
        contest.versions().forEach(v -> out.append("    ").append(v).append('\n'));
        return out.toString();
    }

    private static void standings(StringBuilder out, List<Standing> standings, Baselines baselines) {
        out.append("| contestant | score | 95 % interval | n | ");
        baselines.header().forEach(column -> out.append(column).append(" | "));
        out.append("tokens per layer | FLOPs | prefill ms | errors |\n|---|---:|---:|---:|");
        baselines.header().forEach(column -> out.append("---:|"));
        out.append("---:|---:|---:|---:|\n");
        for (Standing s : standings) {
            out.append("| ")
                    .append(String.join(
                            " | ",
                            s.contestant().label(),
                            Html.percent(s.score().value()),
                            Html.number(100 * s.score().low(), 1) + "–"
                                    + Html.number(100 * s.score().high(), 1),
                            Integer.toString(s.score().n()),
                            String.join(
                                    " | ",
                                    Stream.concat(
                                                    baselines.cells(s.contestant()).stream(),
                                                    Stream.of(Html.number(s.mean(), 1)))
                                            .toList()),
                            Html.metric(s.encodeFlops() + s.prefillFlops()),
                            Html.number(s.prefillMs(), 1),
                            Integer.toString(s.errors())))
                    .append(" |\n");
        }
        out.append('\n');
        if (!baselines.note().isEmpty()) {
            out.append(baselines.note()).append("\n\n");
        }
    }
}

package dev.fovea.cli;

import dev.fovea.cli.speed.SpeedReport;
import dev.fovea.cli.speed.SpeedSuite;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.Techniques;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code speed}: what Fovea reaches of what this machine can do. {@link SpeedReport} is its result. */
@Command(
        name = "speed",
        description = {
            "Measure how much of this machine's matrix and memory speed Fovea reaches at the size of LLaVA-1.5-7B,"
                    + " what the techniques' choices cost, and how long a question takes from a cold start.",
            "Random weights, a few layers, extrapolated; needs 5 GB of memory and some minutes."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea speed --quick",
            "  fovea speed --technique hiprune --technique dart",
            "  fovea speed --json",
            ""
        })
final class SpeedCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--quick",
            description = "Fewer rounds, and only the techniques fastv, hiprune and vtc-cls: a minute or two.")
    boolean quick;

    @Option(
            names = {"-t", "--technique"},
            paramLabel = "ID",
            description = "A technique whose selection is timed; may be repeated (default: all).")
    List<String> techniques = new ArrayList<>();

    @Mixin
    JsonOption json;

    SpeedCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Terminal terminal = session.terminal();
        SpeedSuite suite = new SpeedSuite(quick, chosen(), session.home());
        Optional<SpeedReport> report;
        try (ProgressLine progress = new ProgressLine(terminal, "speed", "", suite.work())) {
            report = suite.run(
                    (what, done) -> progress.at(done, what),
                    () -> !session.interruption().requested());
        }
        if (report.isEmpty()) {
            return ExitCode.INTERRUPTED;
        }
        if (json.json) {
            Json.print(terminal, report.get().asMap());
        } else {
            Table table = new Table();
            for (List<String> row : report.get().table()) {
                table.row(row.toArray(String[]::new));
            }
            table.print(terminal, 0, true);
        }
        return ExitCode.OK;
    }

    private List<Technique> chosen() {
        if (techniques.isEmpty()) {
            return quick ? SpeedSuite.named() : Techniques.installed().planned();
        }
        try {
            Techniques installed = Techniques.installed();
            return techniques.stream().map(installed::get).toList();
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }
}

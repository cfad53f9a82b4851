package dev.fovea.cli;

import dev.fovea.cli.speed.SpeedReport;
import dev.fovea.cli.speed.SpeedSuite;
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
            "Random weights, a few layers, extrapolated; needs 4 GB of memory and some minutes."
        },
        footer = {"", "@|bold Examples:|@", "  fovea speed --quick", "  fovea speed --json", ""})
final class SpeedCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--quick",
            description = "Fewer rounds, and only the techniques fastv, hiprune and vtc-cls: a minute or two.")
    boolean quick;

    @Mixin
    JsonOption json;

    SpeedCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Terminal terminal = session.terminal();
        Optional<SpeedReport> report = SpeedSuite.run(
                quick,
                session.home(),
                stage -> {
                    if (terminal.errIsTerminal()) {
                        terminal.err().println(terminal.quiet("measuring " + stage + " ..."));
                    }
                },
                () -> !session.interruption().requested());
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
}

package dev.fovea.cli;

import dev.fovea.cli.load.LoadKind;
import dev.fovea.cli.load.LoadReport;
import dev.fovea.cli.load.LoadSuite;
import dev.fovea.cli.load.LoadTarget;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code load}: how many clients a server bears. {@link LoadReport} is its result. */
@Command(
        name = "load",
        description = {
            "Measure a running server of OpenAI's chats from outside: requests per second, times of answers and of their"
                    + " first words, and the longest pauses within answers, from few clients and from many, in turns.",
            "Asks about pictures of the procedural world, a new one with every request unless --pictures says otherwise."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea load",
            "  fovea load http://127.0.0.1:9000 --clients 1,4,16 --rounds 3",
            "  fovea load --pictures 1 --question \"Describe the picture.\" --json",
            "  fovea load --no-pictures --clients 8 --long-prompts 400",
            ""
        })
final class LoadCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(
            arity = "0..1",
            paramLabel = "URL",
            defaultValue = "http://127.0.0.1:8080",
            description = "Address of the server (default: ${DEFAULT-VALUE}).")
    URI address = URI.create("http://127.0.0.1:8080");

    @Option(
            names = "--clients",
            paramLabel = "N,...",
            split = ",",
            defaultValue = "1,8",
            description = "How many ask at once, turn by turn; the others are compared with the first (default:"
                    + " ${DEFAULT-VALUE}).")
    List<Integer> clients = new ArrayList<>();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Turns of each (default: ${DEFAULT-VALUE}).")
    int rounds;

    @Option(
            names = "--requests",
            paramLabel = "N",
            defaultValue = "64",
            description = "Requests of a turn; two to each client if that is more (default: ${DEFAULT-VALUE}).")
    int requests;

    @Option(
            names = {"-q", "--question"},
            paramLabel = "TEXT",
            description =
                    "What is asked; may be repeated (default: four questions, of which one asks for a description).")
    List<String> questions = new ArrayList<>(List.of(
            "Describe the picture.",
            "How many red circles are there?",
            "Is there a star?",
            "What is written on the sign?"));

    @Option(
            names = "--pictures",
            paramLabel = "N",
            defaultValue = "0",
            description = "Different pictures that are asked about, 0 for a new one with every request (default:"
                    + " ${DEFAULT-VALUE}).")
    int pictures;

    @Option(names = "--no-pictures", description = "Ask about no picture: in words alone.")
    boolean wordsAlone;

    @Option(
            names = "--long-prompts",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Give each a second turn, in which one more client sends prompts of about N words again and again:"
                            + " what reading them makes the others wait (default: none).")
    int longWords;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "64",
            description = "Longest answer, in tokens (default: ${DEFAULT-VALUE}).")
    int maxTokens;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Number of the first picture (default: one that depends on the time).")
    @Nullable
    Long seed;

    @Option(names = "--key", paramLabel = "TEXT", description = "Bearer key that the server wants (default: none).")
    @Nullable
    String key;

    @Mixin
    JsonOption json;

    LoadCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Terminal terminal = session.terminal();
        Optional<LoadReport> report = measured(terminal);
        if (report.isEmpty()) {
            return ExitCode.INTERRUPTED;
        }
        if (json.json) {
            Json.print(terminal, report.get().asMap());
        } else {
            Table table = new Table();
            report.get().table().forEach(row -> table.row(row.toArray(String[]::new)));
            table.print(terminal, 0, true);
            if (!report.get().longPrompts().isEmpty()) {
                terminal.out().println(report.get().longPrompts());
            }
        }
        if (report.get().lost() > 0) {
            throw CommandFailure.input("Some requests got no answer; the first because of this: "
                    + report.get().failure());
        }
        return ExitCode.OK;
    }

    private Optional<LoadReport> measured(Terminal terminal) {
        try {
            LoadSuite suite = new LoadSuite(
                    new LoadTarget(address, key),
                    new LoadKind(questions, !wordsAlone, pictures, maxTokens, longWords),
                    clients,
                    rounds,
                    requests,
                    seed == null ? System.currentTimeMillis() << 20 : seed);
            try (ProgressLine progress = new ProgressLine(terminal, "load", " turns", suite.turns())) {
                return suite.run(progress::at, () -> !session.interruption().requested());
            }
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }
}

package dev.fovea.cli;

import dev.fovea.core.AskOptions;
import dev.fovea.core.Viewing;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.Proportion;
import dev.fovea.eval.steer.Prior;
import dev.fovea.eval.suite.Item;
import dev.fovea.eval.suite.WorldSuite;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code eval}: a model on questions of the world that it was not trained on. {@link EvalReport} is its result. */
@Command(
        name = "eval",
        description = {
            "Measure a model on held-out questions about the procedural world, by skill, with 95 %% intervals.",
            "The same seed asks the same questions of every model, technique and budget; greedy answers."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea eval --limit 500",
            "  fovea eval --technique hiprune --budget 25%%",
            "  fovea eval --blind --json",
            ""
        })
final class EvalCommand implements Callable<Integer> {
    private final Session session;
    private final Terminal terminal;

    @Mixin
    ModelOption model;

    @Mixin
    PrecisionOption precision;

    @Mixin
    SpendingOptions spending;

    @Option(
            names = "--limit",
            defaultValue = "2000",
            paramLabel = "N",
            description = "How many questions (default: ${DEFAULT-VALUE}).")
    int limit;

    @Option(
            names = "--seed",
            defaultValue = "0",
            paramLabel = "S",
            description = "Which questions; no two seeds share a picture (default: ${DEFAULT-VALUE}).")
    long seed;

    @Option(names = "--blind", description = "Show a grey picture instead, to see what can be guessed from the words.")
    boolean blind;

    @Mixin
    JsonOption json;

    EvalCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        WorldSuite suite = suite();
        spending.check();
        EvalReport report;
        try (VisionLanguageModel opened = model.open(session, model.resolve(session), precision.options());
                ProgressLine progress = new ProgressLine(terminal, "eval", " questions", limit)) {
            report = run(opened, suite, progress);
        }
        if (session.interruption().requested()) {
            terminal.err().println("fovea: stopped after " + report.total().n() + " of " + limit + " questions");
            return ExitCode.INTERRUPTED;
        }
        if (json.json) {
            Json.print(terminal, report.asMap());
        } else {
            report.print(terminal);
        }
        return ExitCode.OK;
    }

    private WorldSuite suite() {
        if (limit < 1 || limit > WorldSuite.SEEDS) {
            throw CommandFailure.usage("--limit is " + limit + "; give a number from 1 to " + WorldSuite.SEEDS);
        }
        try {
            return new WorldSuite(seed);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private EvalReport run(VisionLanguageModel opened, WorldSuite suite, ProgressLine progress) {
        spending.check(opened, 1);
        AskOptions options = AskOptions.defaults().withTechniques(spending.techniques, spending.budget());
        EvalReport report = new EvalReport(model.name(session), spending, seed, blind);
        try (PictureBatches batches = new PictureBatches(batch -> {
            answer(opened, batch, options, report);
            Proportion sofar = report.total();
            progress.at(sofar.n(), String.format(Locale.ROOT, "%.1f %% right", 100 * sofar.value()));
        })) {
            suite.forEach(
                    limit, item -> batches.add(item) && !session.interruption().requested());
        }
        return report;
    }

    /** The picture goes through the encoder once; each question is asked by itself. */
    private void answer(VisionLanguageModel opened, PictureBatches.Batch batch, AskOptions options, EvalReport report) {
        RgbImage picture = batch.picture();
        RgbImage shown = blind ? Prior.grey(picture) : picture;
        try (Viewing viewing = opened.view(List.of(shown), options)) {
            report.addEncoding(viewing.encoderMs());
            for (Item item : batch.items()) {
                report.add(item, picture, viewing.ask(item.prompt(), item.maxTokens()));
            }
        }
    }
}

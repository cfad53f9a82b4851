package dev.fovea.cli;

import dev.fovea.core.image.Picture;
import dev.fovea.core.image.PictureReader;
import dev.fovea.eval.bench.Contestant;
import dev.fovea.eval.bench.Outputs;
import dev.fovea.eval.compare.CompareReport;
import dev.fovea.eval.compare.Compared;
import dev.fovea.eval.compare.Comparison;
import dev.fovea.eval.cost.Geometries;
import dev.fovea.eval.report.Html;
import dev.fovea.eval.subject.OpenedModel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code compare}: one picture and question under many techniques. */
@Command(
        name = "compare",
        description = "Ask one question about one picture under many techniques and budgets, side by side.",
        footer = {
            "",
            "@|bold Example:|@",
            "  fovea compare docs/images/scene.png \"Where is the blue star?\" --techniques all \\",
            "      --budget 128,64,32 --report compare.html",
            ""
        })
final class CompareCommand implements Callable<Integer> {
    private final Session session;
    private final Terminal terminal;

    @Spec
    CommandSpec spec;

    @Parameters(index = "0", paramLabel = "PICTURE", description = "A picture file.")
    Path file;

    @Parameters(index = "1", paramLabel = "QUESTION", description = "The question.")
    String question;

    @Mixin
    ModelOption model;

    @Mixin
    PrecisionOption precision;

    @Mixin
    ContestOptions contest;

    @Option(
            names = "--max-tokens",
            defaultValue = "64",
            paramLabel = "N",
            description = "The longest answer (default: ${DEFAULT-VALUE}).")
    int maxTokens;

    @Option(
            names = "--report",
            paramLabel = "HTML",
            description = "Write one page with the table and an overlay per contestant.")
    @Nullable
    Path report;

    @Mixin
    JsonOption json;

    CompareCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        if (maxTokens < 1) {
            throw CommandFailure.usage("--max-tokens is " + maxTokens + "; give at least 1");
        }
        if (report != null) {
            Outputs.check(report);
        }
        List<Contestant> contestants = contest.contestants();
        Path folder = model.resolve(session);
        Picture picture = new PictureReader().read(file);
        picture.notes().forEach(note -> terminal.err().println("fovea: note: " + note));
        Comparison comparison;
        int patch;
        try (OpenedModel subject =
                        new OpenedModel(model.name(session), model.open(session, folder, precision.options()));
                ProgressLine progress = new ProgressLine(terminal, "compare", " contestants", contestants.size())) {
            patch = subject.shape().tokenPixels();
            comparison = Comparison.run(
                    subject,
                    subject.techniques(),
                    Geometries.find(folder.toString()),
                    picture.image(),
                    question,
                    maxTokens,
                    contestants,
                    done -> {
                        progress.at(done);
                        return !session.interruption().requested();
                    });
        } catch (IllegalArgumentException e) {
            throw CommandFailure.input(e);
        }
        if (session.interruption().requested()) {
            return ExitCode.INTERRUPTED;
        }
        if (report != null) {
            List<String> words = spec.commandLine().getParseResult().originalArgs();
            new CompareReport(
                            comparison,
                            picture.image(),
                            patch,
                            ContestOptions.command(words),
                            ContestOptions.versions())
                    .write(report);
        }
        show(comparison);
        return ExitCode.OK;
    }

    private void show(Comparison comparison) {
        comparison
                .failed()
                .forEach((c, why) -> terminal.err().println("fovea: note: " + c.label() + " did not run: " + why));
        if (json.json) {
            Json.print(terminal, comparison.asMap());
            return;
        }
        Table table = new Table()
                .row(
                        "CONTESTANT",
                        "TOKENS",
                        "PER LAYER",
                        "LOG-PROB",
                        "AGREES",
                        "PREFILL MS",
                        "DECODE MS",
                        "FLOPS",
                        "KV",
                        "ANSWER");
        for (Compared c : comparison.results()) {
            table.row(
                    c.contestant().label(),
                    Integer.toString(c.kept()),
                    Html.number(c.meanVisual(), 1),
                    Html.number(c.reply().logProbability(), 2),
                    Html.percent(c.agreement()),
                    Html.number(c.reply().prefillMs(), 1),
                    Html.number(c.reply().decodeMs(), 1),
                    Html.metric(c.cost().firstToken()),
                    Html.metric(c.cost().kvTotal()) + "B",
                    c.reply().answer());
        }
        table.print(terminal, 0, true);
        if (report != null) {
            terminal.err().println("fovea: the report is in " + report);
        }
    }
}

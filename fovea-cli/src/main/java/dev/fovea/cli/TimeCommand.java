package dev.fovea.cli;

import dev.fovea.cli.speed.PeakMemory;
import dev.fovea.cli.speed.TimeReport;
import dev.fovea.cli.speed.TimedQuestion;
import dev.fovea.core.AskOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.Picture;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code time}: how long one question to one model takes, part by part. {@link TimeReport} describes {@code --json}.
 *
 * <p>With {@code --turns} the process waits. It prints one line of JSON when the model is open and warm (what
 * {@link TimeReport#facts} has), then one for each line of its input, which asks once ({@link TimeReport#asMap(
 * TimedQuestion.Round, java.util.OptionalLong)}), until the input ends. Another program can so take turns between this
 * and other engines.
 */
@Command(
        name = "time",
        description = {
            "Measure how long a question to a model takes, in one process and after warming up: encoder, prompt, each token,"
                    + " and what is around them.",
            "Every round prepares, encodes and reads anew; answers are greedy."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea time docs/images/scene.png \"What is written on the sign?\"",
            "  fovea time cat.jpg \"Describe the picture.\" --model ~/models/llava-1.5-7b-hf -t hiprune -b 64",
            "  fovea time \"Why is the sky blue?\" --model ~/models/SmolLM2-135M-Instruct --weights int8 --json",
            ""
        })
final class TimeCommand implements Callable<Integer> {
    private static final int MOST_TOKENS = 100_000;

    private final Session session;
    private final Terminal terminal;

    @Parameters(
            arity = "1..*",
            paramLabel = "[PICTURE...] QUESTION",
            hideParamSyntax = true,
            description = "Picture files, then the question.")
    List<String> arguments = new ArrayList<>();

    @Mixin
    ModelOption model;

    @Mixin
    PrecisionOption precision;

    @Mixin
    SpendingOptions spending;

    @Option(
            names = "--max-tokens",
            defaultValue = "32",
            paramLabel = "N",
            description = "Longest answer in tokens (default: ${DEFAULT-VALUE}).")
    int maxTokens;

    @Option(
            names = "--rounds",
            defaultValue = "5",
            paramLabel = "N",
            description = "How often it is asked (default: ${DEFAULT-VALUE}).")
    int rounds;

    @Option(
            names = "--warm-up",
            defaultValue = "2",
            paramLabel = "N",
            description = "How often before that, without counting (default: ${DEFAULT-VALUE}).")
    int warmUp;

    @Option(
            names = "--turns",
            description =
                    "Ask once for each line of standard input and print each round as a line of JSON, for programs"
                            + " that measure several engines in turns.")
    boolean turns;

    @Mixin
    JsonOption json;

    TimeCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        AskArguments asked = AskArguments.of(arguments, null);
        String question = asked.question();
        if (question == null) {
            throw CommandFailure.usage("no question was given; write one in several words behind the pictures");
        }
        check();
        Path folder = model.resolve(session);
        List<RgbImage> images = asked.pictures().stream().map(this::picture).toList();
        try (VisionLanguageModel opened = model.open(session, folder, precision.options())) {
            spending.check(opened, images.size());
            AskOptions options = AskOptions.defaults()
                    .withTechniques(spending.techniques, spending.budget())
                    .withMaxTokens(maxTokens);
            return measure(new TimedQuestion(opened, images, question, options));
        } catch (IllegalArgumentException e) {
            throw CommandFailure.input(e);
        }
    }

    private void check() {
        spending.check();
        within("--max-tokens", maxTokens, 1, MOST_TOKENS);
        within("--rounds", rounds, 1, MOST_TOKENS);
        within("--warm-up", warmUp, 0, MOST_TOKENS);
    }

    private static void within(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw CommandFailure.usage(option + " is " + value + "; give a number from " + least + " to " + most);
        }
    }

    private RgbImage picture(Path file) {
        Picture picture = new PictureReader().read(file);
        picture.notes().forEach(note -> terminal.err().println("fovea: note: " + note));
        return picture.image();
    }

    private int measure(TimedQuestion question) {
        // What is said of a waiting process comes from a round, so it needs one.
        int before = turns ? Math.max(1, warmUp) : warmUp;
        int counted = turns ? 0 : rounds;
        List<TimedQuestion.Round> asked = new ArrayList<>();
        try (ProgressLine progress = new ProgressLine(terminal, "time", " rounds", before + counted)) {
            while (asked.size() < before + counted && goOn()) {
                asked.add(question.ask());
                progress.at(asked.size());
            }
        }
        if (!goOn()) {
            return ExitCode.INTERRUPTED;
        }
        if (turns) {
            return takeTurns(question, asked.getLast());
        }
        show(question, asked.subList(before, asked.size()));
        return ExitCode.OK;
    }

    private boolean goOn() {
        return !session.interruption().requested();
    }

    private int takeTurns(TimedQuestion question, TimedQuestion.Round warm) {
        VisionLanguageModel opened = question.model();
        Map<String, @Nullable Object> facts =
                TimeReport.facts(model.name(session), precision.arithmetic(opened.dtype()), opened.weightBytes(), warm);
        Json.print(terminal, facts);
        try (QuestionSource.Lines lines = QuestionSource.Lines.of(terminal.in())) {
            while (lines.next() != null && goOn()) {
                Json.print(terminal, TimeReport.asMap(question.ask(), PeakMemory.bytes()));
            }
        }
        return goOn() ? ExitCode.OK : ExitCode.INTERRUPTED;
    }

    private void show(TimedQuestion question, List<TimedQuestion.Round> counted) {
        VisionLanguageModel opened = question.model();
        TimeReport report = new TimeReport(
                model.name(session),
                precision.arithmetic(opened.dtype()),
                opened.weightBytes(),
                counted,
                PeakMemory.bytes());
        if (json.json) {
            Json.print(terminal, report.asMap());
            return;
        }
        Table table = new Table();
        report.table().forEach(row -> table.row(row.toArray(String[]::new)));
        table.print(terminal, 0, true);
    }
}

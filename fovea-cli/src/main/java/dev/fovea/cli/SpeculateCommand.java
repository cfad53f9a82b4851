package dev.fovea.cli;

import dev.fovea.core.AskOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.eval.report.Html;
import dev.fovea.eval.speculate.ChiSquare;
import dev.fovea.eval.speculate.DraftFigures;
import dev.fovea.eval.speculate.DraftTrial;
import dev.fovea.eval.suite.Suite;
import dev.fovea.eval.suite.WorldChair;
import dev.fovea.eval.suite.WorldSuite;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code speculate DRAFT}: what a draft does for a model's answers.
 *
 * <p>{@code --json} prints {@code model}, {@code techniques}, {@code budget}, {@code precision}, {@code answers} (list:
 * {@code draft}, {@code suite}, {@code answers}, {@code same}, {@code others} (list), {@code passes},
 * {@code tokens_per_pass}, {@code guesses_right}, {@code plain_decode_ms}, {@code decode_ms}, {@code decode_speed},
 * {@code speed}, {@code draft_share}) and {@code drawn} (list: {@code draft}, {@code draws}, {@code chi_square},
 * {@code freedom}, {@code p}).
 */
@Command(
        name = "speculate",
        description = {
            "Measure what a draft does: whether answers stay the same, tokens for each pass of the model, and times beside"
                    + " decoding without it, in turns.",
            "Beside the trained draft stands the same with random weights, which must change no answer either."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea speculate flash",
            "  fovea speculate flash --questions 20 --captions 10 --draws 0",
            "  fovea speculate flash:most=2 --technique hiprune --budget 25%%",
            ""
        })
final class SpeculateCommand implements Callable<Integer> {
    private static final int MOST = 100_000;

    private final Session session;
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "DRAFT", description = "The draft, with knobs as --speculate takes them.")
    String draft = "";

    @Mixin
    ModelOption model;

    @Mixin
    PrecisionOption precision;

    @Mixin
    SpendingOptions spending;

    @Option(
            names = "--questions",
            defaultValue = "500",
            paramLabel = "N",
            description = "Questions of the world, greedy (default: ${DEFAULT-VALUE}).")
    int questions;

    @Option(
            names = "--captions",
            defaultValue = "200",
            paramLabel = "N",
            description = "Pictures that are described, greedy (default: ${DEFAULT-VALUE}).")
    int captions;

    @Option(
            names = "--draws",
            defaultValue = "500",
            paramLabel = "N",
            description =
                    "Beginnings of one description that are drawn at random with and without the draft, to compare"
                            + " their distributions; 0 for none (default: ${DEFAULT-VALUE}).")
    int draws;

    @Option(
            names = "--temperature",
            defaultValue = "1",
            paramLabel = "T",
            converter = NumberArguments.Temperature.class,
            description = "At which they are drawn (default: ${DEFAULT-VALUE}).")
    double temperature;

    @Mixin
    JsonOption json;

    SpeculateCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        check("--questions", questions);
        check("--captions", captions);
        check("--draws", draws);
        if (temperature == 0) {
            throw CommandFailure.usage("--temperature is 0, at which nothing is drawn; give more, for example 1");
        }
        SpeculateOption.check(draft);
        spending.check();
        List<String> drafts = List.of(draft, random(draft));
        long work = (long) (1 + drafts.size()) * ((long) questions + captions + draws);
        try (VisionLanguageModel opened = model.open(session, model.resolve(session), precision.options());
                ProgressLine progress = new ProgressLine(terminal, "speculate", " answers", work)) {
            spending.check(opened, 1);
            AskOptions options = AskOptions.defaults().withTechniques(spending.techniques, spending.budget());
            DraftTrial trial = new DraftTrial(opened, options, drafts, progress::at, session.interruption()::requested);
            List<DraftFigures> figures = new ArrayList<>();
            if (questions > 0) {
                figures.addAll(trial.answers(new WorldSuite(0), questions));
            }
            Suite described = new WorldChair(0);
            if (captions > 0) {
                figures.addAll(trial.answers(described, captions));
            }
            List<ChiSquare> drawn = draws > 0 ? trial.drawn(described, draws, temperature) : List.of();
            if (session.interruption().requested() || drawn == null) {
                terminal.err().println("fovea: stopped before all was measured");
                return ExitCode.INTERRUPTED;
            }
            show(opened, drafts, figures, drawn);
            return ExitCode.OK;
        } catch (IllegalArgumentException e) {
            throw CommandFailure.input(e);
        }
    }

    private static void check(String option, int value) {
        if (value < 0 || value > MOST) {
            throw CommandFailure.usage(option + " is " + value + "; give a number from 0 to " + MOST);
        }
    }

    /** The same draft with the weights that training starts from. */
    private static String random(String text) {
        TechniqueSpec spec = TechniqueSpec.parse(text);
        StringBuilder same = new StringBuilder(spec.id() + ":weights=" + LearnedPlanner.UNTRAINED);
        spec.knobs()
                .forEach((knob, value) ->
                        same.append(',').append(knob).append('=').append(value));
        return same.toString();
    }

    private void show(
            VisionLanguageModel opened, List<String> drafts, List<DraftFigures> figures, List<ChiSquare> drawn) {
        if (json.json) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("model", model.name(session));
            map.put("techniques", spending.techniques);
            map.put("budget", spending.budget);
            map.put("precision", precision.arithmetic(opened.dtype()));
            map.put("answers", figures.stream().map(SpeculateCommand::asMap).toList());
            List<Map<String, Object>> tests = new ArrayList<>();
            for (int i = 0; i < drawn.size(); i++) {
                tests.add(asMap(drafts.get(i), drawn.get(i)));
            }
            map.put("drawn", tests);
            Json.print(terminal, map);
            return;
        }
        Table table = new Table()
                .row(
                        "DRAFT",
                        "ASKED",
                        "ANSWERS",
                        "SAME",
                        "TOKENS A PASS",
                        "RIGHT",
                        "DECODE MS",
                        "WITHOUT",
                        "DECODE",
                        "ALL");
        for (DraftFigures f : figures) {
            table.row(
                    f.draft(),
                    f.suite(),
                    Integer.toString(f.answers()),
                    Integer.toString(f.same()),
                    Html.number(f.perPass(), 2),
                    Html.percent(f.right()),
                    Html.number(f.decodeMs(), 1),
                    Html.number(f.plainDecodeMs(), 1),
                    Html.number(f.decodeSpeed(), 2) + "×",
                    Html.number(f.speed(), 2) + "×");
        }
        table.print(terminal, 0, true);
        figures.forEach(f -> f.others().stream()
                .limit(5)
                .forEach(other -> terminal.out()
                        .println(terminal.quiet("not the same with " + f.draft() + ": " + f.suite() + " " + other))));
        for (int i = 0; i < drawn.size(); i++) {
            ChiSquare test = drawn.get(i);
            terminal.out()
                    .println(String.format(
                            Locale.ROOT,
                            "drawn with %s and without, %d each: chi-square %.1f on %d, p = %.3f",
                            drafts.get(i),
                            draws,
                            test.statistic(),
                            test.freedom(),
                            test.p()));
        }
    }

    private static Map<String, @Nullable Object> asMap(DraftFigures f) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        map.put("draft", f.draft());
        map.put("suite", f.suite());
        map.put("answers", f.answers());
        map.put("same", f.same());
        map.put("others", f.others());
        map.put("passes", f.passes());
        map.put("tokens_per_pass", number(f.perPass()));
        map.put("guesses_right", number(f.right()));
        map.put("plain_decode_ms", number(f.plainDecodeMs()));
        map.put("decode_ms", number(f.decodeMs()));
        map.put("decode_speed", number(f.decodeSpeed()));
        map.put("speed", number(f.speed()));
        map.put("draft_share", number(f.draftShare()));
        return map;
    }

    private Map<String, Object> asMap(String text, ChiSquare test) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("draft", text);
        map.put("draws", draws);
        map.put("chi_square", test.statistic());
        map.put("freedom", test.freedom());
        map.put("p", test.p());
        return map;
    }

    /** JSON has no word for what is no number. */
    private static @Nullable Double number(double value) {
        return Double.isFinite(value) ? value : null;
    }
}

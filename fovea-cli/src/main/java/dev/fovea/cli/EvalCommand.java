package dev.fovea.cli;

import dev.fovea.cli.eval.HeldOut;
import dev.fovea.cli.eval.Proportion;
import dev.fovea.cli.eval.Score;
import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.Question;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.engine.PlanCheck;
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
    private static final int LONGEST_ANSWER = 24;

    private final Session session;
    private final Terminal terminal;

    @Mixin
    ModelOption model;

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
        HeldOut questions = questions();
        spending.check();
        EvalReport report;
        try (VisionLanguageModel opened = VisionLanguageModel.open(model.resolve(session), OpenOptions.defaults());
                ProgressLine progress = new ProgressLine(terminal, "eval", " questions", limit)) {
            report = run(opened, questions, progress);
        }
        if (session.interruption().requested()) {
            terminal.err().println("fovea: stopped after " + report.score().total().n() + " of " + limit + " questions");
            return ExitCode.INTERRUPTED;
        }
        if (json.json) {
            Json.print(terminal, report.asMap());
        } else {
            report.print(terminal);
        }
        return ExitCode.OK;
    }

    private HeldOut questions() {
        try {
            return new HeldOut(seed, limit, blind);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e.getMessage(), e);
        }
    }

    private EvalReport run(VisionLanguageModel opened, HeldOut questions, ProgressLine progress) {
        checkPlan(opened);
        AskOptions options = AskOptions.defaults()
                .withTechniques(spending.techniques, spending.budget())
                .withMaxTokens(LONGEST_ANSWER);
        Score score = new Score();
        EvalReport.Cost cost = new EvalReport.Cost();
        questions.forEach(item -> {
            List<Answer> answers = opened.ask(
                    item.questions().stream()
                            .map(q -> new Question(List.of(item.image()), q.text()))
                            .toList(),
                    options);
            for (int i = 0; i < answers.size(); i++) {
                score.add(item.questions().get(i), answers.get(i).text());
            }
            cost.add(answers);
            Proportion sofar = score.total();
            progress.at(sofar.n(), String.format(Locale.ROOT, "%.1f %% right", 100 * sofar.value()));
            return !session.interruption().requested();
        });
        return new EvalReport(model.name(session), spending, questions, score, cost);
    }

    private void checkPlan(VisionLanguageModel opened) {
        try {
            PlanCheck.check(spending.plan(opened.shape(), 1), opened.shape());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e.getMessage(), e);
        }
    }
}

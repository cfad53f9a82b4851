package dev.fovea.cli;

import dev.fovea.core.AskOptions;
import dev.fovea.core.Viewing;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.Proportion;
import dev.fovea.eval.bench.Paired;
import dev.fovea.eval.steer.Conflicts;
import dev.fovea.eval.steer.Prior;
import dev.fovea.eval.suite.Item;
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

/**
 * {@code steer compare}: techniques on questions whose truth conflicts with the model's prior, and on the others.
 *
 * <p>{@code --json} prints {@code model}, {@code questions}, {@code seed} and {@code contestants}: a list of {@code
 * technique} (null for the plain model), {@code conflicting} and {@code agreeing}, each with {@code n}, {@code right} and
 * {@code prior} ({@code share}, {@code low}, {@code high}) and, but for the plain model, {@code more_right} and {@code
 * less_prior} ({@code difference}, {@code low}, {@code high}).
 */
@Command(
        name = "compare",
        description = {
            "Ask held-out questions about the world and tell those whose truth conflicts with the model's prior from the"
                    + " others.",
            "The prior is what the model answers to a grey picture. Differences are paired, with 95 %% intervals."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea steer compare --technique grains:vector=grains.safetensors --limit 500",
            "  fovea steer compare -t grains -t grains:lambda=8 -t grains:weights=untrained -t vista --json",
            ""
        })
final class SteerCompareCommand implements Callable<Integer> {
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
            defaultValue = "1000",
            paramLabel = "N",
            description = "How many questions (default: ${DEFAULT-VALUE}).")
    int limit;

    @Option(
            names = "--seed",
            defaultValue = "0",
            paramLabel = "S",
            description = "Which questions; no two seeds share a picture (default: ${DEFAULT-VALUE}).")
    long seed;

    @Mixin
    JsonOption json;

    SteerCompareCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        if (limit < 1 || limit > WorldSuite.SEEDS) {
            throw CommandFailure.usage("--limit is " + limit + "; give a number from 1 to " + WorldSuite.SEEDS);
        }
        WorldSuite suite;
        try {
            suite = new WorldSuite(seed);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
        spending.check();
        Conflicts conflicts = new Conflicts();
        try (VisionLanguageModel opened = model.open(session, model.resolve(session), precision.options());
                ProgressLine progress = new ProgressLine(terminal, "compare", " questions", limit)) {
            run(opened, suite, conflicts, progress);
        }
        if (session.interruption().requested()) {
            terminal.err().println("fovea: stopped after " + conflicts.questions() + " of " + limit + " questions");
            return ExitCode.INTERRUPTED;
        }
        if (json.json) {
            Json.print(terminal, asMap(conflicts));
        } else {
            print(conflicts);
        }
        return ExitCode.OK;
    }

    /** A contestant: the plain model, and each technique by itself. */
    private record Contestant(@Nullable String technique, AskOptions options) {
        String name() {
            return technique == null ? "plain" : technique;
        }
    }

    private List<Contestant> contestants(VisionLanguageModel opened) {
        List<Contestant> all = new ArrayList<>();
        all.add(new Contestant(null, AskOptions.defaults()));
        for (String technique : spending.techniques) {
            try {
                opened.plan(List.of(technique), spending.budget(), 1);
            } catch (IllegalArgumentException e) {
                throw CommandFailure.usage(e);
            }
            AskOptions options = AskOptions.defaults().withTechniques(List.of(technique), spending.budget());
            all.add(new Contestant(technique, options));
        }
        return all;
    }

    private void run(VisionLanguageModel opened, WorldSuite suite, Conflicts conflicts, ProgressLine progress) {
        List<Contestant> contestants = contestants(opened);
        try (Prior prior = new Prior(opened);
                PictureBatches batches = new PictureBatches(batch -> {
                    answer(opened, batch, contestants, prior, conflicts);
                    progress.at(conflicts.questions());
                })) {
            suite.forEach(
                    limit, item -> batches.add(item) && !session.interruption().requested());
        }
    }

    private static void answer(
            VisionLanguageModel opened,
            PictureBatches.Batch batch,
            List<Contestant> contestants,
            Prior prior,
            Conflicts conflicts) {
        RgbImage picture = batch.picture();
        List<String> priors =
                batch.items().stream().map(item -> prior.answer(item, picture)).toList();
        for (Contestant contestant : contestants) {
            try (Viewing viewing = opened.view(List.of(picture), contestant.options)) {
                for (int i = 0; i < priors.size(); i++) {
                    Item item = batch.items().get(i);
                    String answer =
                            viewing.ask(item.prompt(), item.maxTokens()).text().strip();
                    conflicts.add(
                            contestant.name(),
                            item.picture().key(),
                            item.grader().grade(priors.get(i), picture).score() < 1,
                            item.grader().grade(answer, picture).score(),
                            answer.equals(priors.get(i)));
                }
            }
        }
    }

    private void print(Conflicts conflicts) {
        for (boolean conflicting : new boolean[] {true, false}) {
            int n = conflicts
                    .side(conflicts.contestants().getFirst(), conflicting)
                    .right()
                    .n();
            terminal.out()
                    .println(terminal.bold(
                            n + (conflicting ? " questions conflict" : " questions agree") + " with the prior"));
            Table table = new Table().row("TECHNIQUE", "RIGHT", "", "MORE RIGHT", "", "SAYS THE PRIOR", "LESS", "");
            for (String contestant : conflicts.contestants()) {
                Conflicts.Side side = conflicts.side(contestant, conflicting);
                table.row(
                        contestant,
                        percent(side.right().value()),
                        "(" + percent(side.right().low()) + "-"
                                + percent(side.right().high()) + ")",
                        points(side.against()),
                        interval(side.against()),
                        percent(side.prior().value()),
                        points(side.lessPrior()),
                        interval(side.lessPrior()));
            }
            table.print(terminal, 2, true);
            terminal.out().println();
        }
    }

    private static String percent(double share) {
        return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.1f", 100 * share);
    }

    private static String points(@Nullable Paired paired) {
        return paired == null ? "-" : Paired.points(paired.difference());
    }

    private static String interval(@Nullable Paired paired) {
        return paired == null ? "" : "(" + paired.interval() + ")";
    }

    private Map<String, Object> asMap(Conflicts conflicts) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("model", model.name(session));
        result.put("questions", conflicts.questions());
        result.put("seed", seed);
        List<Map<String, @Nullable Object>> all = new ArrayList<>();
        for (String contestant : conflicts.contestants()) {
            Map<String, @Nullable Object> one = new LinkedHashMap<>();
            one.put("technique", contestant.equals("plain") ? null : contestant);
            one.put("conflicting", asMap(conflicts.side(contestant, true)));
            one.put("agreeing", asMap(conflicts.side(contestant, false)));
            all.add(one);
        }
        result.put("contestants", all);
        return result;
    }

    private static Map<String, Object> asMap(Conflicts.Side side) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("n", side.right().n());
        map.put("right", asMap(side.right()));
        map.put("prior", asMap(side.prior()));
        Paired against = side.against();
        Paired less = side.lessPrior();
        if (against != null && less != null) {
            map.put("more_right", asMap(against));
            map.put("less_prior", asMap(less));
        }
        return map;
    }

    private static Map<String, Object> asMap(Proportion share) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("share", share.n() == 0 ? 0 : share.value());
        map.put("low", share.low());
        map.put("high", share.high());
        return map;
    }

    private static Map<String, Object> asMap(Paired paired) {
        return Map.of("difference", paired.difference(), "low", paired.low(), "high", paired.high());
    }
}

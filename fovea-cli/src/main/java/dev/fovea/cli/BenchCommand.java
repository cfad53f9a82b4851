package dev.fovea.cli;

import dev.fovea.eval.bench.Bench;
import dev.fovea.eval.bench.BenchReport;
import dev.fovea.eval.bench.BenchSummary;
import dev.fovea.eval.bench.Contest;
import dev.fovea.eval.bench.Contestant;
import dev.fovea.eval.bench.Estimate;
import dev.fovea.eval.bench.Measures;
import dev.fovea.eval.bench.Outputs;
import dev.fovea.eval.bench.ResultParquet;
import dev.fovea.eval.bench.Standing;
import dev.fovea.eval.bench.TrainingCost;
import dev.fovea.eval.cost.Geometries;
import dev.fovea.eval.report.Html;
import dev.fovea.eval.subject.Fingerprint;
import dev.fovea.eval.subject.OpenedModel;
import dev.fovea.eval.suite.Suite;
import dev.fovea.eval.suite.Suites;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench}: techniques against each other on whole suites. */
@Command(
        name = "bench",
        description = {
            "Measure techniques at several budgets on suites of questions: scores with 95 %% intervals, times, operations.",
            "Results are kept row by row; run again with the same options, a stopped run goes on where it was."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea bench --suite world --techniques all --budget 50%%,25%%,12.5%% --limit 2000 --out results",
            "  fovea bench --model ~/models/llava-1.5-7b-hf --suite pope=data/POPE --techniques hiprune,fastv",
            "  fovea bench --suite world-chair --suite world-pope -t m3id -t vista --budget full --pdm-h",
            ""
        })
final class BenchCommand implements Callable<Integer> {
    private static final String PARQUET = "results.parquet";
    private static final String REPORT = "report.html";
    private static final String SUMMARY = "summary.md";
    private static final List<String> WRITTEN = List.of(Bench.RESULTS, PARQUET, REPORT, SUMMARY);

    private final Session session;
    private final Terminal terminal;

    @Spec
    CommandSpec spec;

    @Mixin
    ModelOption model;

    @Mixin
    PrecisionOption precision;

    @Option(
            names = "--suite",
            defaultValue = "world",
            paramLabel = "NAME[=DIR]",
            description =
                    "A suite, with the folder of its data set; may be repeated: world, world-pages (large pictures),"
                            + " world-chair (captions), world-pope (presence), pope, gqa, textvqa, vqav2, mme, mmbench, mmstar,"
                            + " scienceqa-img, seedbench-image, vizwiz, refcoco, refcoco+, refcocog (default:"
                            + " ${DEFAULT-VALUE}).")
    List<String> suites = new ArrayList<>();

    @Mixin
    ContestOptions contest;

    @Mixin
    SpeculateOption guessing;

    @Option(
            names = "--limit",
            defaultValue = "2000",
            paramLabel = "N",
            description = "The most questions of a suite (default: ${DEFAULT-VALUE}).")
    int limit;

    @Option(
            names = "--pdm-h",
            description =
                    "Also see how far each token of an answer depends on the picture (PDM-H, arXiv 2403.14003): every"
                            + " question is answered once more, beside a reading without the picture.")
    boolean dependence;

    @Option(
            names = "--out",
            defaultValue = "bench",
            paramLabel = "DIR",
            description =
                    "Where results.jsonl, results.parquet, report.html and summary.md go (default: ${DEFAULT-VALUE}).")
    Path out;

    @Mixin
    JsonOption json;

    BenchCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        Path folder = model.resolve(session);
        if (limit < 1) {
            throw CommandFailure.usage("--limit is " + limit + "; give at least 1");
        }
        guessing.check();
        if (dependence && guessing.speculate != null) {
            throw CommandFailure.usage(
                    "--pdm-h looks at the logits of every token, and --speculate guesses several at once;"
                            + " choose one");
        }
        Contest asked = asked(folder);
        Outputs.checkFolder(out);
        WRITTEN.forEach(name -> Outputs.check(out.resolve(name)));
        Bench.Finished finished;
        long expected =
                (long) limit * asked.suites().size() * asked.contestants().size();
        try (OpenedModel subject = new OpenedModel(
                        model.name(session), model.open(session, folder, precision.options()), guessing.speculate);
                ProgressLine progress = new ProgressLine(terminal, "bench", " answers", expected)) {
            asked = asked.in(precision.arithmetic(subject.dtype())
                    + (guessing.speculate == null ? "" : ", decoded with " + guessing.speculate));
            Bench bench = new Bench(
                    asked,
                    subject,
                    subject.techniques(),
                    Geometries.find(folder.toString()),
                    (rows, of, latest) -> progress.at(rows),
                    session.interruption()::requested);
            finished = bench.run(out);
        }
        ResultParquet.write(out.resolve(Bench.RESULTS), out.resolve(PARQUET));
        new BenchReport(asked, finished).write(out.resolve(REPORT));
        new BenchSummary(asked, finished).write(out.resolve(SUMMARY));
        if (!finished.complete()) {
            terminal.err()
                    .println("fovea: stopped after " + finished.rows().size()
                            + " answers; run the same command again and it goes on");
            return ExitCode.INTERRUPTED;
        }
        show(asked, finished);
        return ExitCode.OK;
    }

    private Contest asked(Path folder) {
        List<String> words = spec.commandLine().getParseResult().originalArgs();
        try {
            List<Suite> opened = suites.stream().map(Suites::open).toList();
            List<Contestant> contestants = contest.contestants();
            return new Contest(
                    model.name(session),
                    Fingerprint.of(folder),
                    "",
                    contestants,
                    opened,
                    limit,
                    ContestOptions.command(words),
                    ContestOptions.versions(),
                    dependence,
                    TrainingCost.of(folder, contestants));
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private void show(Contest asked, Bench.Finished finished) {
        List<Standing> standings = Standing.of(finished.rows(), asked.suites());
        finished.refused()
                .forEach((c, why) -> terminal.err().println("fovea: note: " + c.label() + " did not run: " + why));
        if (json.json) {
            Json.print(terminal, asMap(asked, standings, Measures.of(finished.rows(), asked.suites())));
            return;
        }
        Table table = new Table()
                .row(
                        "SUITE",
                        "SCORE",
                        "95 % INTERVAL",
                        "N",
                        "PER LAYER",
                        "PREFILL MS",
                        "FLOPS",
                        "ERRORS",
                        "CONTESTANT");
        for (Standing s : standings) {
            table.row(
                    s.suite(),
                    Html.percent(s.score().value()),
                    Html.number(100 * s.score().low(), 1) + "–"
                            + Html.number(100 * s.score().high(), 1),
                    Integer.toString(s.score().n()),
                    Html.number(s.mean(), 1),
                    Html.number(s.prefillMs(), 1),
                    Html.metric(s.encodeFlops() + s.prefillFlops()),
                    Integer.toString(s.errors()),
                    s.contestant().label());
        }
        table.print(terminal, 0, true);
        terminal.err().println("fovea: the report is in " + out.resolve(REPORT));
    }

    private static Map<String, Object> asMap(Contest asked, List<Standing> standings, List<Measures> measures) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Standing s : standings) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("suite", s.suite());
            row.put("technique", s.contestant().technique());
            row.put("budget", s.contestant().budget());
            row.put("score", s.score().n() == 0 ? null : s.score().value());
            row.put("low", s.score().low());
            row.put("high", s.score().high());
            row.put("n", s.score().n());
            row.put("errors", s.errors());
            Map<String, @Nullable Object> metrics = new LinkedHashMap<>();
            s.metrics().forEach((name, value) -> metrics.put(name, number(value)));
            row.put("metrics", metrics);
            Map<String, Object> skills = new LinkedHashMap<>();
            s.bySkill().forEach((skill, p) -> skills.put(skill, Map.of("score", p.value(), "n", p.n())));
            row.put("by_skill", skills);
            measures.stream()
                    .filter(m -> m.suite().equals(s.suite()) && m.contestant().equals(s.contestant()))
                    .forEach(m -> measured(row, m));
            @Nullable TrainingCost cost = asked.trained().get(s.contestant().technique());
            if (cost != null) {
                row.put("trained", cost);
            }
            rows.add(row);
        }
        return Map.of("model", asked.model(), "standings", rows);
    }

    /** Figures with intervals, their differences from the plain model, and the dependence on the picture by token. */
    private static void measured(Map<String, Object> row, Measures measures) {
        if (!measures.figures().isEmpty()) {
            row.put("intervals", intervals(measures.figures()));
        }
        if (!measures.differences().isEmpty()) {
            row.put("against_full", intervals(measures.differences()));
        }
        if (!measures.dependence().isEmpty()) {
            List<Map<String, Object>> points = new ArrayList<>();
            for (Measures.Point point : measures.dependence()) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("token", point.token());
                one.putAll(interval(point.mean()));
                one.put("n", point.n());
                points.add(one);
            }
            row.put("pdm_h", points);
        }
    }

    private static Map<String, Object> intervals(Map<String, Estimate> estimates) {
        Map<String, Object> out = new LinkedHashMap<>();
        estimates.forEach((name, estimate) -> out.put(name, interval(estimate)));
        return out;
    }

    private static Map<String, @Nullable Object> interval(Estimate estimate) {
        Map<String, @Nullable Object> out = new LinkedHashMap<>();
        out.put("value", number(estimate.value()));
        out.put("low", number(estimate.low()));
        out.put("high", number(estimate.high()));
        return out;
    }

    /** JSON has no word for what is no number. */
    private static @Nullable Double number(double value) {
        return Double.isFinite(value) ? value : null;
    }
}

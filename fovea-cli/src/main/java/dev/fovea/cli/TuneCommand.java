package dev.fovea.cli;

import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.Techniques;
import dev.fovea.eval.bench.Outputs;
import dev.fovea.eval.subject.OpenedModel;
import dev.fovea.eval.suite.WorldSuite;
import dev.fovea.eval.tune.Tuner;
import java.nio.file.Files;
import java.nio.file.Path;
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

/** {@code tune}: a search for the knobs of a technique. */
@Command(
        name = "tune",
        description = {
            "Search the knobs of a technique for one model and budget, so that pruning moves the last prompt token least",
            "(VFlowOpt, Gaussian-process Bayesian optimisation). Load the result with --technique ID:@FILE."
        },
        footer = {
            "",
            "@|bold Example:|@",
            "  fovea tune vflowopt --budget 25%% --samples 30 --out vflowopt.json",
            "  fovea ask scene.png \"Where is the star?\" --technique vflowopt:@vflowopt.json --budget 25%%",
            ""
        })
final class TuneCommand implements Callable<Integer> {
    /** Calibration pictures come from an evaluation that nobody reports. */
    private static final long CALIBRATION = 900_000;

    private final Session session;
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "TECHNIQUE", description = "Its id.")
    String id;

    @Mixin
    ModelOption model;

    @Mixin
    PrecisionOption precision;

    @Option(
            names = {"-b", "--budget"},
            defaultValue = "25%",
            paramLabel = "N|P%",
            description = "The budget to search for (default: ${DEFAULT-VALUE}).")
    String budget;

    @Option(
            names = "--samples",
            defaultValue = "30",
            paramLabel = "N",
            description = "Pictures and questions per try (default: ${DEFAULT-VALUE}).")
    int samples;

    @Option(
            names = "--evaluations",
            defaultValue = "100",
            paramLabel = "N",
            description = "Tries (default: ${DEFAULT-VALUE}; the paper takes 300).")
    int evaluations;

    @Option(names = "--seed", defaultValue = "42", paramLabel = "S", description = "Of the search (default: 42).")
    long seed;

    @Option(names = "--out", paramLabel = "FILE", description = "The knob file (default: ID.json).")
    @Nullable
    Path out;

    @Mixin
    JsonOption json;

    TuneCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        if (samples < 1 || evaluations < 1) {
            throw CommandFailure.usage("--samples and --evaluations need at least 1");
        }
        Technique technique;
        Budget spent;
        try {
            technique = Techniques.installed().get(id);
            spent = Budget.parse(budget);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
        Path folder = model.resolve(session);
        Path target = out == null ? Path.of(id + ".json") : out;
        Outputs.check(target);
        Tuner.Found found;
        try (OpenedModel subject =
                        new OpenedModel(model.name(session), model.open(session, folder, precision.options()));
                ProgressLine progress = new ProgressLine(terminal, "tune", " tries", evaluations)) {
            Tuner tuner = new Tuner(subject::finalState, subject.shape(), technique, spent, samples());
            // The paper spends 27 of 300 tries on a first look around.
            int first = Math.max(Math.min(8, evaluations), evaluations * 27 / 300);
            found = tuner.search(new Tuner.Settings(evaluations, first, seed), (done, best) -> {
                progress.at(done, String.format(Locale.ROOT, "best %.4f of %d", best, samples));
                return !session.interruption().requested();
            });
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
        save(target, found);
        return session.interruption().requested() ? ExitCode.INTERRUPTED : ExitCode.OK;
    }

    private List<Tuner.Sample> samples() {
        List<Tuner.Sample> out = new ArrayList<>();
        new WorldSuite(CALIBRATION).forEach(samples, item -> {
            out.add(new Tuner.Sample(item.picture().open(), item.prompt()));
            return true;
        });
        return out;
    }

    private void save(Path target, Tuner.Found found) {
        Map<String, Object> origin = new LinkedHashMap<>();
        origin.put("model", model.name(session));
        origin.put("budget", budget);
        origin.put("samples", samples);
        origin.put("tries", found.tried());
        origin.put("seed", seed);
        origin.put("objective", found.objective());
        origin.put("objective_of_defaults", found.defaults());
        String content = found.knobs().json(origin);
        Outputs.write(target, file -> Files.writeString(file, content));
        if (json.json) {
            Map<String, Object> result = new LinkedHashMap<>(origin);
            result.put("knobs", found.knobs().knobs());
            result.put("file", target.toString());
            Json.print(terminal, result);
            return;
        }
        terminal.out()
                .printf(
                        Locale.ROOT,
                        "%.4f of %d after %d tries (its own settings: %.4f)%n%s%nuse it with --technique %s:@%s%n",
                        found.objective(),
                        samples,
                        found.tried(),
                        found.defaults(),
                        found.knobs().knobs(),
                        id,
                        target);
    }
}

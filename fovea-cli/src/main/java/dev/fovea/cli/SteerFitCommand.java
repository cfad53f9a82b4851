package dev.fovea.cli;

import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.learned.SteeringFile;
import dev.fovea.core.learned.SteeringTechnique;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.technique.Techniques;
import dev.fovea.eval.bench.Outputs;
import dev.fovea.eval.steer.Preference;
import dev.fovea.eval.steer.PreferenceFile;
import dev.fovea.eval.steer.SteeringFit;
import dev.fovea.eval.steer.WorldPreferences;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code steer fit TECHNIQUE}: steering vectors of a model.
 *
 * <p>{@code --json} prints {@code file}, {@code technique}, {@code model}, {@code pairs}, {@code layers}, {@code width},
 * {@code dtype}, {@code knobs} and {@code figures}.
 */
@Command(
        name = "fit",
        description = {
            "Fit steering vectors to pairs of a preferred and a dispreferred answer.",
            "Without --pairs they are questions about the world whose truth (preferred) conflicts with what the model"
                    + " answers to a grey picture (dispreferred).",
            "Ctrl-C keeps what is done beside the file, as FILE.part; the same command goes on from there."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea steer fit grains --out grains.safetensors",
            "  fovea steer fit grains:k=20,lambda=2 --model models/my-peek      beside that model, with a given strength",
            "  fovea steer fit grains --model ~/models/llava-1.5-7b-hf --pairs pairs.jsonl --out llava.safetensors",
            "",
            "A line of pairs.jsonl: {\"image\": \"a.jpg\", \"question\": \"...\", \"preferred\": \"...\","
                    + " \"dispreferred\": \"...\"}",
            ""
        })
final class SteerFitCommand implements Callable<Integer> {
    /** A pair must fit in before Ctrl-C loses patience. */
    private static final int SECONDS_TO_SAVE = 120;

    private static final int MOST = 10_000;

    private final Session session;
    private final Terminal terminal;

    @Spec
    CommandSpec command;

    @Parameters(
            index = "0",
            paramLabel = "TECHNIQUE",
            description = "Its id, with knobs as --technique takes them: grains, or grains:k=20.")
    String typed = "";

    @Mixin
    ModelOption model;

    @Option(
            names = "--precision",
            paramLabel = "auto|f32|bf16",
            description = "Element type of the arithmetic (default: f32, in which small shares are told apart).")
    OpenOptions.Precision precision = OpenOptions.Precision.F32;

    @Option(
            names = "--pairs",
            paramLabel = "FILE",
            description =
                    "JSON lines with image, question, preferred and dispreferred; paths are relative to the file.")
    @Nullable
    Path pairs;

    @Option(
            names = "--count",
            defaultValue = "50",
            paramLabel = "N",
            description = "How many pairs at most (default: ${DEFAULT-VALUE}).")
    int count;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "The file (default: techniques/ID/" + SteeringFile.NAME
                    + " beside the model, where --technique ID finds it).")
    @Nullable
    Path out;

    @Mixin
    JsonOption json;

    SteerFitCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        if (count < 1 || count > MOST) {
            throw CommandFailure.usage("--count is " + count + "; give a number from 1 to " + MOST);
        }
        TechniqueSpec spec;
        SteeringTechnique technique;
        Knobs knobs;
        try {
            spec = TechniqueSpec.parse(typed);
            technique = steering(spec.id());
            if (spec.weights() != null) {
                throw new IllegalArgumentException("Vectors are what a fit makes: leave '" + spec.word() + "="
                        + spec.weights() + "' out; --out says where they go.");
            }
            knobs = spec.knobsOf(technique.card());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
        Path folder = model.resolve(session);
        Path target = out == null ? SteeringFile.beside(folder, spec.id()) : out;
        Outputs.check(target);
        session.interruption().mayTake(SECONDS_TO_SAVE);
        SteeringFile.About about;
        try (VisionLanguageModel opened =
                model.open(session, folder, OpenOptions.defaults().withPrecision(precision))) {
            about = fit(opened, technique, knobs, target);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
        if (about == null) {
            terminal.err().println("fovea: stopped; the same command goes on from " + target + ".part");
            return ExitCode.INTERRUPTED;
        }
        report(about, target);
        return ExitCode.OK;
    }

    private static SteeringTechnique steering(String id) {
        Techniques installed = Techniques.installed();
        Technique technique = installed.get(id);
        if (technique instanceof SteeringTechnique steering) {
            return steering;
        }
        String fitted = installed.all().stream()
                .filter(SteeringTechnique.class::isInstance)
                .map(t -> t.card().id())
                .collect(Collectors.joining(", "));
        throw new IllegalArgumentException(
                technique.card().stations().contains("residual")
                        ? "Technique '" + id
                                + "' finds its vectors anew for every picture and question while it answers:"
                                + " there is nothing to fit, use it with --technique " + id + "; fitted are: " + fitted
                                + "."
                        : "Technique '" + id + "' adds no vectors to hidden states; those that are fitted are: "
                                + fitted + ".");
    }

    private SteeringFile.@Nullable About fit(
            VisionLanguageModel opened, SteeringTechnique technique, Knobs knobs, Path target) {
        List<Preference> all = preferences(opened);
        if (session.interruption().requested()) {
            return null;
        }
        String recipe =
                ContestOptions.command(command.commandLine().getParseResult().originalArgs());
        SteeringFit fit = new SteeringFit(opened, model.name(session), technique, knobs, recipe);
        try (ProgressLine progress = new ProgressLine(terminal, "fit", " steps", fit.steps(all.size()))) {
            return fit.run(all, target, (done, figure) -> {
                progress.at(done, figure);
                return !session.interruption().requested();
            });
        } catch (RuntimeException e) {
            // Work that is interrupted may end with any failure; what was done has been kept.
            if (session.interruption().requested()) {
                return null;
            }
            throw e;
        }
    }

    private List<Preference> preferences(VisionLanguageModel opened) {
        if (pairs != null) {
            return PreferenceFile.read(pairs, count);
        }
        try (ProgressLine progress = new ProgressLine(terminal, "find pairs", " pairs", count)) {
            return WorldPreferences.of(opened, count, found -> {
                progress.at(found);
                return !session.interruption().requested();
            });
        }
    }

    private void report(SteeringFile.About about, Path target) {
        if (json.json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("file", target.toString());
            result.put("technique", about.technique());
            result.put("model", about.model());
            result.put("pairs", about.pairs());
            result.put("layers", about.layers());
            result.put("width", about.width());
            result.put("dtype", about.dtype());
            result.put("knobs", about.knobs());
            result.put("figures", about.figures());
            Json.print(terminal, result);
            return;
        }
        terminal.out()
                .println(target + ": vectors of " + about.technique() + " for " + about.model() + ", " + about.layers()
                        + " layers of " + about.width() + " channels, fitted to " + about.pairs() + " pairs");
        about.figures().forEach((name, value) -> terminal.out().printf(Locale.ROOT, "  %-20s %8.3f%n", name, value));
        terminal.out().println("  " + about.knobs());
        terminal.out().println("use it with --technique " + about.technique() + ":vector=" + target);
    }
}

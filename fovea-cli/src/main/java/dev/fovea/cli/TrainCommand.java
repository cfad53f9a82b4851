package dev.fovea.cli;

import dev.fovea.core.file.OutputFile;
import dev.fovea.core.learned.TechniqueFolder;
import dev.fovea.core.message.Suggest;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.Natives;
import dev.fovea.train.loop.Progress;
import dev.fovea.train.loop.StoppedException;
import dev.fovea.train.recipe.DescribeRecipe;
import dev.fovea.train.recipe.PeekRecipe;
import dev.fovea.train.recipe.TechniqueTraining;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code train RECIPE}: trains a model from nothing, or goes on where it was stopped.
 *
 * <p>{@code --json} prints {@code recipe}, {@code model} (folder, or null if only some stages were asked for), {@code
 * work} (folder), {@code chart} (file) and {@code stages} (list).
 */
@Command(
        name = "train",
        description = {
            "Train a model on the procedural world from nothing, the weights of a technique for a finished one, or a copy"
                    + " of one that learns to describe pictures.",
            "Ctrl-C saves and stops; the same command goes on from there."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea train peek --out models/my-peek",
            "  fovea train peek --quick --work /tmp/run --out /tmp/peek      to see that everything runs",
            "  fovea train peek --stages finish --technique flowcut --budget 25%%   learn with fewer visual tokens",
            "  fovea train describe --from models/my-peek --out models/my-peek-2",
            "  fovea train matryoshka --from models/my-peek",
            "  fovea train matryoshka:rank=16 --work /tmp/run --out /tmp/matryoshka",
            "  fovea train llavolta:scheme=two --technique fastv             another reducer in its stages",
            ""
        })
final class TrainCommand implements Callable<Integer> {
    private static final int MOST_THREADS = 1024;
    private static final String PEEK = "peek";

    /** A step and the checkpoint after it must fit in before Ctrl-C loses patience. */
    private static final int SECONDS_TO_SAVE = 120;

    private final Session session;
    private final Terminal terminal;

    @Parameters(
            index = "0",
            paramLabel = "RECIPE",
            description =
                    "What to train: peek, describe, or a technique with weights of its own, with knobs as --technique"
                            + " takes them.")
    String recipe = "";

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description =
                    "Folder for the model (default: the folder model in that of --work) or for a technique's weights"
                            + " (default: techniques/ID beside the model that they are for).")
    @Nullable
    Path out;

    @Option(
            names = "--from",
            paramLabel = "MODEL",
            description =
                    "The model that a technique is trained for, or that learns to describe (default: peek, which comes"
                            + " with Fovea).")
    @Nullable
    String from;

    @Option(
            names = "--work",
            paramLabel = "DIR",
            description = "Folder for checkpoints, the log and its chart (default: runs/RECIPE of this installation).")
    @Nullable
    Path work;

    @Option(
            names = "--stages",
            split = ",",
            paramLabel = "STAGE",
            description = "Train only these stages, separated by commas; the model is written after the last one.")
    List<String> stages = List.of();

    @Option(names = "--threads", paramLabel = "N", description = "Threads that work together (default: all cores).")
    @Nullable
    Integer threads;

    @Option(names = "--quick", description = "Train a model so small that it only shows that everything runs.")
    boolean quick;

    @Mixin
    SpendingOptions spending;

    @Mixin
    JsonOption json;

    TrainCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        List<String> recipes = Stream.concat(Stream.of(PEEK, DescribeRecipe.ID), TechniqueTraining.ids().stream())
                .toList();
        String id = id();
        if (!recipes.contains(id)) {
            throw CommandFailure.usage("there is no recipe '" + id + "'" + Suggest.nearest(id, recipes)
                    + "; the recipes are: " + String.join(", ", recipes));
        }
        if (threads != null) {
            if (threads < 1 || threads > MOST_THREADS) {
                throw CommandFailure.usage("--threads is " + threads + "; give a number from 1 to " + MOST_THREADS);
            }
            Natives.setThreads(threads);
        }
        Path folder = work == null ? session.home().resolve("runs").resolve(id) : work;
        return switch (id) {
            case PEEK -> peek(folder);
            case DescribeRecipe.ID -> describe(folder);
            default -> technique(folder);
        };
    }

    /** The recipe without the knobs behind it. */
    private String id() {
        int colon = recipe.indexOf(':');
        return colon < 0 ? recipe : recipe.substring(0, colon);
    }

    private int technique(Path folder) {
        boolean reduced = TechniqueTraining.takesReducer(id());
        if (!stages.isEmpty() || (!spending.techniques.isEmpty() && !reduced) || !spending.budget.equals("full")) {
            throw CommandFailure.usage(
                    reduced
                            ? "--stages and --budget are for peek; '" + id() + "' has stages and budgets of its own"
                            : "--stages, --technique and --budget are for peek; '" + id() + "' has plans of its own");
        }
        ModelOption option = new ModelOption();
        option.model = from;
        Path base = option.resolve(session);
        Path beside = TechniqueFolder.beside(base, id()).path();
        Path target = out != null ? out : quick ? folder.resolve("technique") : beside;
        check(folder);
        check(target);
        session.interruption().mayTake(SECONDS_TO_SAVE);
        try (TechniqueTraining training = open(folder, base)) {
            training.run(target);
            show(target, folder, training.chart(), List.of(id()));
            return ExitCode.OK;
        } catch (StoppedException e) {
            terminal.err().println("fovea: " + e.getMessage());
            return ExitCode.INTERRUPTED;
        }
    }

    private int describe(Path folder) {
        if (!recipe.equals(DescribeRecipe.ID)) {
            throw CommandFailure.usage(
                    "describe has no knobs; leave '" + recipe.substring(DescribeRecipe.ID.length()) + "' out");
        }
        if (!stages.isEmpty() || !spending.techniques.isEmpty() || !spending.budget.equals("full")) {
            throw CommandFailure.usage("--stages, --technique and --budget are for peek; describe has one stage");
        }
        ModelOption option = new ModelOption();
        option.model = from;
        Path base = option.resolve(session);
        Path model = out == null ? folder.resolve("model") : out;
        check(folder);
        check(model);
        session.interruption().mayTake(SECONDS_TO_SAVE);
        try (DescribeRecipe describe =
                DescribeRecipe.open(folder, base, quick, progress(), session.interruption()::requested)) {
            describe.run(model);
            show(model, folder, describe.chart(), List.of(DescribeRecipe.ID));
            return ExitCode.OK;
        } catch (StoppedException e) {
            terminal.err().println("fovea: " + e.getMessage());
            return ExitCode.INTERRUPTED;
        }
    }

    private TechniqueTraining open(Path folder, Path base) {
        try {
            return TechniqueTraining.open(
                    folder, recipe, spending.techniques, base, quick, progress(), session.interruption()::requested);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private int peek(Path folder) {
        if (!recipe.equals(PEEK)) {
            throw CommandFailure.usage("peek has no knobs; leave '" + recipe.substring(PEEK.length()) + "' out");
        }
        if (from != null) {
            throw CommandFailure.usage("--from is for techniques and describe; peek is trained from nothing");
        }
        List<String> wanted = wanted();
        PeekRecipe.Pruning pruning = pruning(wanted);
        Path model = out == null ? folder.resolve("model") : out;
        check(folder);
        check(model);
        session.interruption().mayTake(SECONDS_TO_SAVE);
        try (PeekRecipe peek = open(folder, pruning)) {
            wanted.forEach(peek::stage);
            boolean complete = wanted.contains(PeekRecipe.stages().getLast());
            if (complete) {
                peek.export(model);
            }
            show(complete ? model : null, folder, peek.chart(), wanted);
            return ExitCode.OK;
        } catch (StoppedException e) {
            terminal.err().println("fovea: " + e.getMessage());
            return ExitCode.INTERRUPTED;
        }
    }

    private PeekRecipe open(Path folder, PeekRecipe.@Nullable Pruning pruning) {
        try {
            return new PeekRecipe(folder, quick, progress(), session.interruption()::requested, pruning);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    /** The technique in the loop, or null. */
    private PeekRecipe.@Nullable Pruning pruning(List<String> wanted) {
        spending.check();
        if (spending.techniques.isEmpty()) {
            if (!(spending.budget() instanceof Budget.Full)) {
                throw CommandFailure.usage("--budget " + spending.budget
                        + " needs a technique that spends it: name one, for example --technique flowcut");
            }
            return null;
        }
        List<String> prunable = PeekRecipe.prunable();
        if (wanted.stream().noneMatch(prunable::contains)) {
            throw CommandFailure.usage("--technique acts in the stages that answer from pictures, "
                    + String.join(" and ", prunable) + ", but --stages names neither");
        }
        Techniques installed = Techniques.installed();
        return new PeekRecipe.Pruning(
                String.join("+", spending.techniques) + "-" + spending.budget,
                shape -> installed.plan(spending.techniques, shape, spending.budget(), 1));
    }

    /** Hours of work must not end at a folder that cannot be written. */
    private static void check(Path folder) {
        try {
            OutputFile.checkFolder(folder);
        } catch (IOException e) {
            throw CommandFailure.output(OutputFile.sentence(folder, e), e);
        }
    }

    /** The stages to train, in the order of the recipe. */
    private List<String> wanted() {
        List<String> known = PeekRecipe.stages();
        for (String stage : stages) {
            if (!known.contains(stage)) {
                throw CommandFailure.usage("there is no stage '" + stage + "'" + Suggest.nearest(stage, known)
                        + "; the stages are: " + String.join(", ", known));
            }
        }
        return stages.isEmpty()
                ? known
                : known.stream().filter(stages::contains).toList();
    }

    private Progress progress() {
        return terminal.errIsTerminal()
                ? Progress.bar(terminal.err(), terminal.width(), terminal.colours())
                : Progress.lines(terminal.err());
    }

    private void show(@Nullable Path model, Path folder, Path chart, List<String> trained) {
        if (json.json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("recipe", recipe);
            result.put("model", model == null ? null : model.toString());
            result.put("work", folder.toString());
            result.put("chart", chart.toString());
            result.put("stages", trained);
            Json.print(terminal, result);
        } else {
            boolean whole = id().equals(PEEK) || id().equals(DescribeRecipe.ID);
            String result = model == null
                    ? "the stages are in " + folder
                    : (whole ? "the model is in " : "its weights are in ") + model;
            terminal.out().println("Trained " + recipe + ": " + result + ", the chart is " + chart + ".");
        }
    }
}

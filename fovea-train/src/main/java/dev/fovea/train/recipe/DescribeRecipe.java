package dev.fovea.train.recipe;

import dev.fovea.core.model.ModelParts;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.SafeTensorsWriter;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.data.Descriptions;
import dev.fovea.train.loop.Evaluation;
import dev.fovea.train.loop.Loop;
import dev.fovea.train.loop.Progress;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.loop.StoppedException;
import dev.fovea.train.loop.TrainingException;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.objective.DescribeObjective;
import dev.fovea.train.optim.Schedule;
import dev.fovea.world.SceneOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * How a finished model learns to describe pictures and goes on answering as it did: only the layers of the language model
 * move, at a low rate and held by what the model says already, so that weights of techniques that were trained for it lose
 * as little as may be. Three of four steps show few patches, as the finished model was taught, which is quicker and holds for
 * plans that leave out the others. A second stage sees whole pictures alone, more slowly and with more questions than
 * descriptions, and wins back the answers that the first one cost.
 */
public final class DescribeRecipe implements AutoCloseable {
    /** Its name on the command line. */
    public static final String ID = "describe";

    private static final long SEEDS = 7_400_000_000L;
    private static final long HELD_OUT = 8_000_000_000L;
    private static final String LAYERS = "text.layers.";
    private static final String WEIGHTS = "model.safetensors";

    /** One token of an answer is held as much as four of a description are learned. */
    private static final double ANCHOR = 4;

    /** Patches of most batches. */
    private static final int FEW = 48;

    /**
     * How much of what the weights were stays in what is written: on the way between a model and what it was tuned to lie
     * some that do the new without losing the old (Wortsman et al., Robust fine-tuning of zero-shot models, arXiv
     * 2109.01903, section 3, alpha = 1 - this).
     */
    private static final double KEPT = 0.15;

    /** The second stage, and by how much it is shorter than the first. */
    private static final String HOLD = "describe-hold";

    private static final long SHORTER = 7;

    /** Apart so far, what the batches of a run show are other pictures each. */
    private static final long APART = 50_000_000L;

    private static final TechniqueSize FULL = new TechniqueSize("full", 1600, 16, 2, 150, 6e-4, 48, 200);

    private final TechniqueRun run;
    private final TechniqueSize size;
    private final Loop loop;

    private DescribeRecipe(TechniqueRun run, TechniqueSize size, Loop loop) {
        this.run = run;
        this.size = size;
        this.loop = loop;
    }

    /**
     * Begins to train, or goes on.
     *
     * @param folder where checkpoints, the log and its chart go
     * @param from folder of the model
     * @param quick whether to train so briefly that it only shows that everything runs
     * @param progress told how training goes
     * @param stop asked again and again whether to save and stop
     * @throws TrainingException if the folder cannot be used
     */
    public static DescribeRecipe open(Path folder, Path from, boolean quick, Progress progress, BooleanSupplier stop) {
        TechniqueSize size = quick ? new TechniqueSize("quick", 3, 2, 1, 120, 1e-3, 2, 3) : FULL;
        TechniqueRun run = TechniqueRun.open(folder, ID, from, size, "");
        return new DescribeRecipe(run, size, new Loop(folder, progress, stop));
    }

    /**
     * Trains, or goes on, and writes the model: a copy of the one that it began with, but for the weights that moved, of
     * which a part stays as it was, and for those of techniques, which are for the model as it was.
     *
     * @param target folder for it, another one than the model's
     * @throws StoppedException if asked to stop
     * @throws TrainingException if training cannot go on, in one sentence
     */
    public void run(Path target) {
        if (target.toAbsolutePath()
                .normalize()
                .equals(run.from().toAbsolutePath().normalize())) {
            throw new TrainingException("The model that learns to describe would be written over the one that it learns"
                    + " from, " + target + "; choose another folder");
        }
        try (BaseModel base = BaseModel.open(run.from(), run.precision());
                Parameters parameters = base.copied(name -> name.startsWith(LAYERS))) {
            Lesson lesson = lesson(base, parameters);
            run.timed(() -> {
                loop.run(describing(lesson));
                loop.run(holding(lesson));
            });
            write(base, parameters, target);
        } catch (IOException e) {
            throw new TrainingException("The model cannot be written to " + target + ": " + e.getMessage(), e);
        }
    }

    /** What both stages learn from and are measured by. */
    private record Lesson(BaseModel base, Parameters parameters, DescribeObjective objective, AnswerSampler both) {}

    private Lesson lesson(BaseModel base, Parameters parameters) {
        ModelParts network = base.over(parameters, run.precision());
        DescribeObjective objective =
                new DescribeObjective(base.plain(), () -> network, ANCHOR, base.tokenizer()::decode);
        return new Lesson(base, parameters, objective, sampler(base, all(base), size.pictures(), 0.5, HELD_OUT));
    }

    private static int all(BaseModel base) {
        return base.plain().shape().visualTokens();
    }

    private Stage<AnswerBatch> describing(Lesson lesson) {
        BaseModel base = lesson.base();
        int few = Math.min(FEW, all(base));
        int held = Math.max(1, size.pictures() / 3);
        // A step takes two batches: one of descriptions, then one of questions.
        List<AnswerSampler> turns = new ArrayList<>();
        for (int step = 0; step < 4; step++) {
            int visual = step == 0 ? all(base) : few;
            turns.add(sampler(base, visual, size.pictures(), 1, SEEDS + 2 * step * APART));
            turns.add(sampler(base, visual, held, 0, SEEDS + (2 * step + 1) * APART));
        }
        return stage(ID, lesson, turns, new Schedule(size.rate(), 20, size.steps(), 0.05), size.every());
    }

    private Stage<AnswerBatch> holding(Lesson lesson) {
        BaseModel base = lesson.base();
        List<AnswerSampler> turns = List.of(
                sampler(base, all(base), Math.max(1, size.pictures() / 2), 1, SEEDS + 8 * APART),
                sampler(base, all(base), size.pictures(), 0, SEEDS + 9 * APART));
        long steps = Math.max(1, size.steps() / SHORTER);
        return stage(HOLD, lesson, turns, new Schedule(size.rate() / 2, 10, steps, 0.02), size.every() / 4);
    }

    private Stage<AnswerBatch> stage(
            String name, Lesson lesson, List<AnswerSampler> turns, Schedule schedule, long every) {
        BaseModel base = lesson.base();
        return new Stage<>(
                name,
                lesson.parameters(),
                e -> base.canonical(e.name()).startsWith(LAYERS),
                Recipes.optimizer(run.precision()).withoutDecay(),
                schedule,
                size.batches(),
                size.pictures(),
                number -> turns.get((int) (number % turns.size())).batch(number / turns.size()),
                lesson.objective()::apply,
                new Evaluation<>(
                        Evaluation.first(Math.ceilDiv(size.heldOut(), size.pictures()), lesson.both()::batch),
                        b -> lesson.objective().apply(b, true),
                        Math.max(1, every)));
    }

    /** @param described share of the pictures that are described before questions are asked about them */
    private AnswerSampler sampler(BaseModel base, int visual, int pictures, double described, long seeds) {
        AnswerSampler.Settings settings =
                new AnswerSampler.Settings(pictures, visual, size.text(), described, 0.1, 0, true, List.of());
        return new AnswerSampler(
                SceneOptions.defaults(), settings, Descriptions.BRIEF_AND_FULL, base.tokenizer(), seeds);
    }

    /** Everything of the model's folder but its weights and those of techniques, then the weights as they are now. */
    private void write(BaseModel base, Parameters parameters, Path target) throws IOException {
        copy(run.from(), target);
        copy(run.from().resolve("clip"), target.resolve("clip"));
        Path clip = run.from().resolve("clip").resolve(WEIGHTS);
        if (Files.exists(clip)) {
            RunFolder.copyWhole(clip, target.resolve("clip").resolve(WEIGHTS));
        }
        try (Scope scope = Scope.inference();
                Parameters before = base.copied(name -> true)) {
            Map<String, Tensor> out = new LinkedHashMap<>();
            parameters.asMap().forEach((name, own) -> {
                Tensor kept = own.detach().lerp(before.get(name).detach(), new Scalar(KEPT));
                out.put(name, Tensors.to(kept, base.stored(name)));
            });
            SafeTensorsWriter.write(target.resolve(WEIGHTS), out, Map.of("format", "pt"));
        }
    }

    /** The files of a folder that say how its weights are to be read. */
    private static void copy(Path from, Path to) throws IOException {
        if (!Files.isDirectory(from)) {
            return;
        }
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                String name = file.getFileName().toString();
                if (!name.endsWith(".safetensors") && !name.endsWith(".safetensors.index.json")) {
                    RunFolder.copyWhole(file, to.resolve(name));
                }
            }
        }
    }

    /** The picture of loss and accuracy; there once a checkpoint has been saved. */
    public Path chart() {
        return loop.chart();
    }

    @Override
    public void close() {
        run.close();
    }
}

package dev.fovea.train.recipe;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.fovea.core.engine.PlanCheck;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Plan;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.loop.Loop;
import dev.fovea.train.loop.Progress;
import dev.fovea.train.loop.StoppedException;
import dev.fovea.train.loop.TrainingException;
import dev.fovea.train.nn.Precision;
import dev.fovea.world.Skill;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the default model is trained from nothing. Each stage leaves a checkpoint; started again, the recipe goes on where
 * it stopped. How long the stages are stands in {@link PeekSize}.
 */
public final class PeekRecipe implements AutoCloseable {
    /** Skills that need two objects at once: without more of them they stay at chance. */
    private static final List<Skill> BINDING =
            List.of(Skill.RELATION, Skill.COMPARISON, Skill.RELATION, Skill.ODD_ONE_OUT, Skill.COUNT, Skill.RELATION);

    /** Skills that are still weak when the rest is learned. */
    private static final List<Skill> LATE =
            List.of(Skill.COUNT, Skill.COMPARISON, Skill.COUNT, Skill.ODD_ONE_OUT, Skill.LOCATION);

    private final RunFolder folder;
    private final PeekSize size;
    private final Loop loop;
    private final HuggingFaceTokenizer tokenizer;
    private final VisionStages vision;
    private final LanguageStages language;
    private final @Nullable Pruning pruning;
    private final @Nullable Plan plan;

    /**
     * @param folder where checkpoints, the tokenizer, the log and its chart go
     * @param quick whether to train a model so small, and so briefly, that it only shows that everything runs
     * @param progress told how training goes
     * @param stop asked again and again whether to save and stop
     * @throws TrainingException if the folder cannot be used
     */
    public PeekRecipe(Path folder, boolean quick, Progress progress, BooleanSupplier stop) {
        this(folder, quick, progress, stop, null);
    }

    /**
     * The same with a technique in the loop of the stages that answer from pixels.
     *
     * @param pruning what happens to visual tokens there, or null
     * @throws IllegalArgumentException if this model cannot run it
     */
    public PeekRecipe(Path folder, boolean quick, Progress progress, BooleanSupplier stop, @Nullable Pruning pruning) {
        this(folder, quick ? PeekSize.QUICK : PeekSize.FULL, new Loop(folder, progress, stop), pruning);
    }

    /** A recipe of any size, whose stages {@code loop} runs. */
    PeekRecipe(Path folder, PeekSize size, Loop loop, @Nullable Pruning pruning) {
        this.pruning = pruning;
        this.size = size;
        this.folder = RunFolder.open(folder, size);
        this.loop = loop;
        try {
            this.tokenizer = this.folder.openTokenizer();
        } catch (TrainingException e) {
            this.folder.close();
            throw e;
        }
        PeekConfig config = size.config(this.folder.learnedTokens());
        try {
            this.plan = plan(pruning, config);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        this.vision = new VisionStages(loop, config, tokenizer, this.folder.precision());
        this.language = new LanguageStages(loop, tokenizer, config, this.folder.precision(), size.heldOut());
    }

    private static @Nullable Plan plan(@Nullable Pruning pruning, PeekConfig config) {
        if (pruning == null) {
            return null;
        }
        ModelShape shape = new PeekNetwork(config, Precision.F32).description().shape(false);
        Plan plan = pruning.plan().apply(shape);
        PlanCheck.check(plan, shape);
        return plan;
    }

    /**
     * A technique in the loop.
     *
     * @param label tells its checkpoints from those of others, for example {@code flowcut-25%}
     * @param plan what it does to a model
     */
    public record Pruning(String label, Function<ModelShape, Plan> plan) {
        private static final Pattern UNSAFE = Pattern.compile("[^A-Za-z0-9+.%=_-]");

        /** The name of a stage that is trained with it. */
        String stage(String name) {
            return name + "+" + UNSAFE.matcher(label).replaceAll("_");
        }
    }

    /** The stages that a technique may be in the loop of, in order: those that answer from pixels. */
    public static List<String> prunable() {
        return List.of("answers", "finish");
    }

    /** The names of the stages, in order. */
    public static List<String> stages() {
        return PeekSize.FULL.stages().stream().map(PeekSize.Length::stage).toList();
    }

    /**
     * Trains all stages that are not done yet, one after the other, and writes the model.
     *
     * @param target folder for the model
     * @throws StoppedException if asked to stop
     * @throws TrainingException if training cannot go on, in one sentence
     */
    public void run(Path target) {
        stages().forEach(this::stage);
        export(target);
    }

    /** Trains one stage, unless it is done. */
    public void stage(String name) {
        PeekSize.Length length = size.of(name);
        if (loop.done(named(name), length.steps())) {
            return;
        }
        switch (name) {
            case "windows" -> vision.windows(length);
            case "pictures" -> vision.pictures(length, "windows");
            case "truth" -> language.truth(length, List.of(), settings(length, 40, false, List.of()));
            case "places" -> language.truth(length, List.of("truth"), settings(length, 40, false, List.of()));
            case "pairs" -> language.truth(length, List.of("places"), settings(length, 40, false, BINDING));
            case "connect" -> language.connect(length, "pictures", "pairs");
            case "answers" ->
                language.answers(
                        named(name),
                        length,
                        List.of("pictures", "pairs", "connect"),
                        settings(length, 128, true, LATE),
                        false,
                        plan);
            case "finish" ->
                language.answers(
                        named(name), length, List.of(begun("answers")), settings(length, 256, true, LATE), false, plan);
            default -> throw new IllegalArgumentException("The recipe has no stage '" + name + "'");
        }
    }

    /** A stage's name in the folder: trained with a technique, it is another one beside the plain one. */
    private String named(String stage) {
        return pruning != null && prunable().contains(stage) ? pruning.stage(stage) : stage;
    }

    /** The stage to go on from: trained with the same technique if it was, plainly otherwise. */
    private String begun(String stage) {
        return Files.exists(loop.checkpoint(named(stage))) ? named(stage) : stage;
    }

    private static AnswerSampler.Settings settings(
            PeekSize.Length length, int visual, boolean pixels, List<Skill> extra) {
        return new AnswerSampler.Settings(length.pictures(), visual, 150, 0.15, 0.1, 0.3, pixels, extra);
    }

    /** Writes the model that the last stage left. */
    public void export(Path target) {
        export(named(size.stages().getLast().stage()), target);
    }

    /**
     * Writes the model that a stage left, in Hugging Face's layout.
     *
     * @throws TrainingException if the stage has not been trained, or the folder cannot be written
     */
    public void export(String lastStage, Path target) {
        try {
            new PeekExport(size.config(folder.learnedTokens()))
                    .write(loop.trained(lastStage), loop.trained("pictures"), folder.tokenizer(), target);
        } catch (IOException e) {
            throw new TrainingException("The model cannot be written to " + target + ": " + e.getMessage(), e);
        }
    }

    /** The picture of loss and accuracy; there once a stage has saved a checkpoint. */
    public Path chart() {
        return loop.chart();
    }

    @Override
    public void close() {
        tokenizer.close();
        folder.close();
    }

    /** Trains stages: {@code folder stage...}. */
    public static void main(String[] args) {
        try (PeekRecipe recipe = new PeekRecipe(Path.of(args[0]), false, Progress.lines(System.err), () -> false)) {
            for (String stage : List.of(args).subList(1, args.length)) {
                recipe.stage(stage);
            }
        }
    }
}

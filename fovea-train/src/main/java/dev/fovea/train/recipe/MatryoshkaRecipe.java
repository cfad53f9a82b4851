package dev.fovea.train.recipe;

import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.learned.TechniqueFolder;
import dev.fovea.core.learned.TrainedCard;
import dev.fovea.core.model.Weights;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.Techniques;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.loop.Evaluation;
import dev.fovea.train.loop.Loop;
import dev.fovea.train.loop.Progress;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.loop.StoppedException;
import dev.fovea.train.loop.TrainingException;
import dev.fovea.train.nn.MovingWeights;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.objective.ScalesObjective;
import dev.fovea.train.objective.ScalesObjective.Scale;
import dev.fovea.train.optim.Optimizer;
import dev.fovea.train.optim.Schedule;
import dev.fovea.world.SceneOptions;
import dev.fovea.world.Skill;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * How the weights of Matryoshka Multimodal Models (arXiv 2405.17430, section 3) are trained for a finished model: every
 * picture with its questions is shown at all nested scales, and the mean of their losses is lowered.
 */
public final class MatryoshkaRecipe implements AutoCloseable {
    /** The technique, and the recipe's only stage. */
    public static final String ID = "matryoshka";

    private static final TechniqueSize FULL = new TechniqueSize("full", 180, 8, 2, 150, 5e-4, 48, 30);
    private static final long SEEDS = 6_000_000_000L;
    private static final long HELD_OUT = 8_000_000_000L;

    /** Skills that are weak in the model as it is: finetuning must not lose them. */
    private static final List<Skill> LATE = List.of(Skill.COUNT, Skill.COMPARISON, Skill.ODD_ONE_OUT, Skill.LOCATION);

    private final TechniqueSize size;
    private final TechniqueRun run;
    private final Loop loop;

    /**
     * @param folder where checkpoints, the log and its chart go
     * @param from folder of the model
     * @param quick whether to train so briefly that it only shows that everything runs
     * @param progress told how training goes
     * @param stop asked again and again whether to save and stop
     * @throws TrainingException if the folder or the model cannot be used
     */
    public MatryoshkaRecipe(Path folder, Path from, boolean quick, Progress progress, BooleanSupplier stop) {
        this.size = quick ? TechniqueSize.quick() : FULL;
        this.run = TechniqueRun.open(folder, ID, from, size);
        this.loop = new Loop(folder, progress, stop);
    }

    /**
     * Trains, or goes on, and writes the weights.
     *
     * @param target folder for them
     * @throws StoppedException if asked to stop
     * @throws TrainingException if training cannot go on, in one sentence
     */
    public void run(Path target) {
        try (BaseModel base = BaseModel.open(run.from(), run.precision());
                Parameters p = new Parameters(7)) {
            LearnedTechnique technique = technique();
            ModelShape shape = base.plain().shape();
            Knobs knobs = Knobs.defaults(technique.card());
            p.declare(technique.declaration(shape, knobs));
            p.freeze();
            run.timed(() -> loop.run(stage(base, p, technique, knobs)));
            new TechniqueFolder(target).write(p.asMap(), card(p, knobs));
        }
    }

    private Stage<AnswerBatch> stage(BaseModel base, Parameters p, LearnedTechnique technique, Knobs knobs) {
        Weights own = MovingWeights.of(p, Precision.F32, List.of());
        ScalesObjective objective = new ScalesObjective(
                base.plain(),
                plan -> base.with(plan.additions()),
                scales(base.plain().shape(), technique, knobs, own),
                base.tokenizer()::decode);
        AnswerSampler.Settings settings =
                new AnswerSampler.Settings(size.pictures(), 256, size.text(), 0, 0.1, 0, true, LATE);
        AnswerSampler sampler = new AnswerSampler(SceneOptions.defaults(), settings, base.tokenizer(), SEEDS);
        return new Stage<>(
                ID,
                p,
                e -> true,
                Optimizer.Settings.adamW(),
                new Schedule(size.rate(), 10, size.steps(), 0.05),
                size.batches(),
                size.pictures(),
                sampler::batch,
                objective::apply,
                new Evaluation<>(heldOut(settings, base), b -> objective.apply(b, true), size.every()));
    }

    /** One plan for each nested scale: kernels 1, 2, 4, 8, 16 on 16 x 16 tokens. */
    private static List<Scale> scales(ModelShape shape, LearnedTechnique technique, Knobs knobs, Weights own) {
        List<Scale> scales = new ArrayList<>();
        for (int tokens = shape.visualTokens(); tokens >= 1; tokens /= 4) {
            scales.add(new Scale("tokens_" + tokens, technique.plan(shape, Budget.count(tokens), knobs, own)));
        }
        return scales;
    }

    private List<AnswerBatch> heldOut(AnswerSampler.Settings settings, BaseModel base) {
        AnswerSampler held =
                new AnswerSampler(SceneOptions.defaults(), settings.balanced(), base.tokenizer(), HELD_OUT);
        List<AnswerBatch> batches = new ArrayList<>();
        for (int i = 0; i * size.pictures() < size.heldOut(); i++) {
            batches.add(held.batch(i));
        }
        return batches;
    }

    private static LearnedTechnique technique() {
        Technique found = Techniques.installed().get(ID);
        if (found instanceof LearnedTechnique learned) {
            return learned;
        }
        throw new TrainingException("The technique '" + ID + "' on the class path has nothing to learn");
    }

    private TrainedCard card(Parameters p, Knobs knobs) {
        return new TrainedCard(
                ID,
                run.modelName(),
                LearnedPlanner.base(run.from()),
                "fovea train " + ID,
                "questions of fovea-world about " + size.steps() * size.batches() * size.pictures()
                        + " pictures from seeds above 6,000,000,000, each at every scale",
                size.steps(),
                run.minutes(),
                p.size(),
                0,
                Map.of("rank", knobs.text("rank")),
                run.heldOut(ID));
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

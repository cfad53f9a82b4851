package dev.fovea.train.recipe;

import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.learned.TechniqueFolder;
import dev.fovea.core.learned.TrainedCard;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.technique.Techniques;
import dev.fovea.train.loop.Loop;
import dev.fovea.train.loop.Progress;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.loop.StoppedException;
import dev.fovea.train.loop.TrainingException;
import dev.fovea.train.nn.Parameters;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Trains the weights of a technique for a finished model, by the technique's recipe. */
public final class TechniqueTraining implements AutoCloseable {
    private final TechniqueRecipe recipe;
    private final LearnedTechnique technique;
    private final Knobs knobs;
    private final TechniqueSize size;
    private final TechniqueRun run;
    private final Loop loop;

    private TechniqueTraining(
            TechniqueRecipe recipe,
            LearnedTechnique technique,
            Knobs knobs,
            TechniqueSize size,
            TechniqueRun run,
            Loop loop) {
        this.recipe = recipe;
        this.technique = technique;
        this.knobs = knobs;
        this.size = size;
        this.run = run;
        this.loop = loop;
    }

    /** Ids of the techniques that have a recipe. */
    public static List<String> ids() {
        return TechniqueRecipes.ids();
    }

    /**
     * Begins to train, or goes on.
     *
     * @param folder where checkpoints, the log and its chart go
     * @param spec the technique and its knobs, as typed: {@code id} or {@code id:knob=value,...}
     * @param from folder of the model
     * @param quick whether to train so briefly that it only shows that everything runs
     * @param progress told how training goes
     * @param stop asked again and again whether to save and stop
     * @throws IllegalArgumentException with one sentence if a knob does not fit
     * @throws TrainingException if there is no such recipe, or the folder or the model cannot be used
     */
    public static TechniqueTraining open(
            Path folder, String spec, Path from, boolean quick, Progress progress, BooleanSupplier stop) {
        TechniqueSpec wanted = TechniqueSpec.parse(spec);
        TechniqueRecipe recipe = TechniqueRecipes.get(wanted.id());
        if (wanted.weights() != null) {
            throw new IllegalArgumentException("Weights are what training makes: leave 'weights=" + wanted.weights()
                    + "' out; --out says where they go.");
        }
        LearnedTechnique technique = technique(recipe.id());
        Knobs knobs = wanted.knobsOf(technique.card());
        TechniqueSize size = quick ? TechniqueSize.quick() : recipe.size();
        TechniqueRun run = TechniqueRun.open(folder, recipe.id(), from, size, wanted.knobs());
        return new TechniqueTraining(recipe, technique, knobs, size, run, new Loop(folder, progress, stop));
    }

    private static LearnedTechnique technique(String id) {
        Technique found = Techniques.installed().get(id);
        if (found instanceof LearnedTechnique learned) {
            return learned;
        }
        throw new TrainingException("The technique '" + id + "' on the class path has nothing to learn");
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
                Parameters parameters = new Parameters(7)) {
            Learning learning = Learning.begin(base, parameters, technique, knobs, size);
            List<Stage<?>> stages = recipe.stages(learning);
            run.timed(() -> stages.forEach(loop::run));
            new TechniqueFolder(target).write(parameters.asMap(), card(parameters, stages));
        }
    }

    private TrainedCard card(Parameters parameters, List<Stage<?>> stages) {
        Map<String, String> tied = new LinkedHashMap<>();
        recipe.tied().forEach(name -> tied.put(name, knobs.text(name)));
        return new TrainedCard(
                recipe.id(),
                run.modelName(),
                LearnedPlanner.base(run.from()),
                "fovea train " + recipe.id(),
                recipe.data(size),
                stages.stream().mapToLong(s -> s.schedule().steps()).sum(),
                run.minutes(),
                parameters.size(),
                0,
                tied,
                run.heldOut(stages.getLast().name()));
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

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
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/** Trains the weights of a technique for a finished model, by the technique's recipe. */
public final class TechniqueTraining implements AutoCloseable {
    private final TechniqueRecipe recipe;
    private final LearnedTechnique technique;
    private final Knobs knobs;
    private final List<String> reducers;
    private final TechniqueSize size;
    private final TechniqueRun run;
    private final Loop loop;

    private TechniqueTraining(
            TechniqueRecipe recipe,
            LearnedTechnique technique,
            Knobs knobs,
            List<String> reducers,
            TechniqueSize size,
            TechniqueRun run,
            Loop loop) {
        this.recipe = recipe;
        this.technique = technique;
        this.knobs = knobs;
        this.reducers = reducers;
        this.size = size;
        this.run = run;
        this.loop = loop;
    }

    /** Ids of the techniques that have a recipe. */
    public static List<String> ids() {
        return TechniqueRecipes.ids();
    }

    /**
     * Whether other techniques may reduce visual tokens while this one is trained.
     *
     * @throws TrainingException if there is no such recipe
     */
    public static boolean takesReducer(String id) {
        return TechniqueRecipes.get(id).takesReducer();
    }

    /**
     * Begins to train, or goes on.
     *
     * @param folder where checkpoints, the log and its chart go
     * @param spec the technique and its knobs, as typed: {@code id} or {@code id:knob=value,...}
     * @param reducers techniques that reduce visual tokens while it is trained, as typed; empty for the paper's own way
     * @param from folder of the model
     * @param quick whether to train so briefly that it only shows that everything runs
     * @param progress told how training goes
     * @param stop asked again and again whether to save and stop
     * @throws IllegalArgumentException with one sentence if a knob or a reducer does not fit
     * @throws TrainingException if there is no such recipe, or the folder or the model cannot be used
     */
    public static TechniqueTraining open(
            Path folder,
            String spec,
            List<String> reducers,
            Path from,
            boolean quick,
            Progress progress,
            BooleanSupplier stop) {
        TechniqueSpec wanted = TechniqueSpec.parse(spec);
        TechniqueRecipe recipe = TechniqueRecipes.get(wanted.id());
        if (wanted.weights() != null) {
            throw new IllegalArgumentException("Weights are what training makes: leave 'weights=" + wanted.weights()
                    + "' out; --out says where they go.");
        }
        LearnedTechnique technique = technique(recipe.id());
        Knobs knobs = wanted.knobsOf(technique.card());
        TechniqueSize size = quick ? TechniqueSize.quick() : recipe.size();
        check(recipe, reducers);
        String setting = (wanted.knobs().isEmpty() ? "" : " with " + new TreeMap<>(wanted.knobs()))
                + (reducers.isEmpty() ? "" : " under " + String.join(", ", reducers));
        TechniqueRun run = TechniqueRun.open(folder, recipe.id(), from, size, setting);
        return new TechniqueTraining(
                recipe, technique, knobs, List.copyOf(reducers), size, run, new Loop(folder, progress, stop));
    }

    private static void check(TechniqueRecipe recipe, List<String> reducers) {
        if (!reducers.isEmpty() && !recipe.takesReducer()) {
            throw new IllegalArgumentException("The recipe '" + recipe.id() + "' has plans of its own; leave '"
                    + String.join("', '", reducers) + "' out.");
        }
        for (String reducer : reducers) {
            Technique other =
                    Techniques.installed().get(TechniqueSpec.parse(reducer).id());
            if (other instanceof LearnedTechnique) {
                throw new IllegalArgumentException("Technique '" + other.card().id() + "' has weights of its own, so"
                        + " that '" + recipe.id() + "' cannot be trained under it; name one that has none.");
            }
        }
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
            Learning learning = Learning.begin(base, parameters, technique, knobs, reducers, size);
            List<Stage<?>> stages = recipe.stages(learning);
            run.timed(() -> stages.forEach(loop::run));
            new TechniqueFolder(target).write(parameters.asMap(), card(learning, stages));
        }
    }

    private TrainedCard card(Learning learning, List<Stage<?>> stages) {
        Map<String, String> tied = new LinkedHashMap<>();
        recipe.tied().forEach(name -> tied.put(name, knobs.text(name)));
        Map<String, Double> figures = new TreeMap<>(run.heldOut(stages.getLast().name()));
        figures.putAll(recipe.figures(learning, run.curves()));
        StringBuilder command = new StringBuilder("fovea train " + recipe.id());
        reducers.forEach(reducer -> command.append(" --technique ").append(reducer));
        return new TrainedCard(
                recipe.id(),
                run.modelName(),
                LearnedPlanner.base(run.from()),
                command.toString(),
                recipe.data(size),
                stages.stream().mapToLong(s -> s.schedule().steps()).sum(),
                run.minutes(),
                learning.parameters().size(),
                0,
                tied,
                figures);
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

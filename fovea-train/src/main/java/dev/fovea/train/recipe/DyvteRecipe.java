package dev.fovea.train.recipe;

import dev.fovea.core.learned.Predictor;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.objective.ExitObjective;
import dev.fovea.train.optim.Optimizer;
import dev.fovea.train.optim.Schedule;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Dynamic visual-token exit (arXiv 2411.19628, section 4.2): the model stands still, its gates learn whether the answer
 * is the same without the pictures, behind every layer.
 */
final class DyvteRecipe implements TechniqueRecipe {
    private static final double WARM_UP = 0.03;

    /** Without weight decay, as published. */
    private static final Optimizer.Settings SETTINGS = new Optimizer.Settings(0.9, 0.999, 1e-8, 0, 1, 0, Precision.F32);

    @Override
    public String id() {
        return "dyvte";
    }

    @Override
    public TechniqueSize size() {
        return new TechniqueSize("full", 800, 4, 1, 150, 1e-3, 24, 100);
    }

    @Override
    public List<String> tied() {
        return List.of("width");
    }

    @Override
    public String data(TechniqueSize size) {
        return Learning.source(size.seen()) + ", behind every layer at once";
    }

    @Override
    public List<Stage<?>> stages(Learning learning) {
        TechniqueSize size = learning.size();
        Map<String, Predictor> gates = learning.technique().predictors(learning.shape(), learning.knobs());
        ExitObjective objective = new ExitObjective(
                learning.base().plain(), layer -> Objects.requireNonNull(gates.get("gates." + layer)), learning.own());
        Schedule schedule = new Schedule(size.rate(), Math.round(WARM_UP * size.steps()), size.steps(), 0);
        return List.of(learning.stage(id(), e -> true, schedule, objective::apply, objective::apply)
                .with(SETTINGS));
    }
}

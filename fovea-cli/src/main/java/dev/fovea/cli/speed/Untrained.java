package dev.fovea.cli.speed;

import dev.fovea.core.engine.PlanCheck;
import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.TechniqueSpec;
import java.util.function.Function;

/**
 * Plans for the random model. Techniques with weights of their own have those that their training starts from, which
 * nobody needs to have trained for such a model; they are freed with this.
 */
final class Untrained implements AutoCloseable {
    private static final int[] BUDGETS = {PathSpeed.FEW, 128, 192, 288};

    private final LearnedPlanner planner;

    Untrained(ModelShape shape) {
        this.planner = LearnedPlanner.untrained(shape);
    }

    /** A plan, checked. */
    private Plan plan(Technique technique, ModelShape shape, int budget) {
        String id = technique.card().id();
        String spec = technique instanceof LearnedTechnique ? id + ":weights=" + LearnedPlanner.UNTRAINED : id;
        Plan plan = planner.plan(technique, TechniqueSpec.parse(spec), shape, Budget.count(budget));
        PlanCheck.check(plan, shape);
        return plan;
    }

    /** A plan at the smallest budget that a technique can meet: those that prune late keep more tokens on average. */
    record Planned(Plan plan, int budget) {}

    /**
     * What becomes of the first of the budgets at which a technique can run.
     *
     * @throws IllegalArgumentException with the reason at the first budget, if it can run at none
     */
    <T> T first(Technique technique, ModelShape shape, Function<Planned, T> use) {
        IllegalArgumentException first = null;
        for (int budget : BUDGETS) {
            try {
                return use.apply(new Planned(plan(technique, shape, budget), budget));
            } catch (IllegalArgumentException e) {
                first = first == null ? e : first;
            }
        }
        throw first == null ? new IllegalStateException("No budgets") : first;
    }

    @Override
    public void close() {
        planner.close();
    }
}

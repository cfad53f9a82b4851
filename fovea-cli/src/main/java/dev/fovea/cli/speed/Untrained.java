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
 * nobody needs to have trained for such a model.
 */
final class Untrained {
    private static final int[] BUDGETS = {PathSpeed.FEW, 128, 192, 288};

    private Untrained() {}

    /** A plan at the smallest budget that a technique can meet: those that prune late keep more tokens on average. */
    record Planned(Plan plan, int budget) {}

    /**
     * What becomes of the first of the budgets at which a technique can run. Its weights, which may take gigabytes at these
     * sizes, are freed behind it.
     *
     * @throws IllegalArgumentException with the reason at the first budget, if it can run at none
     */
    static <T> T first(Technique technique, ModelShape shape, Function<Planned, T> use) {
        IllegalArgumentException first = null;
        try (LearnedPlanner planner = LearnedPlanner.untrained(shape)) {
            for (int budget : BUDGETS) {
                try {
                    return use.apply(new Planned(plan(planner, technique, shape, budget), budget));
                } catch (IllegalArgumentException e) {
                    first = first == null ? e : first;
                }
            }
        }
        throw first == null ? new IllegalStateException("No budgets") : first;
    }

    private static Plan plan(LearnedPlanner planner, Technique technique, ModelShape shape, int budget) {
        String id = technique.card().id();
        String spec = technique instanceof LearnedTechnique ? id + ":weights=" + LearnedPlanner.UNTRAINED : id;
        Plan plan = planner.plan(technique, TechniqueSpec.parse(spec), shape, Budget.count(budget));
        PlanCheck.check(plan, shape);
        return plan;
    }
}

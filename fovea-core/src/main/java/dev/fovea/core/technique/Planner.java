package dev.fovea.core.technique;

import dev.fovea.core.shape.ModelShape;

/** Makes the plan of one technique that was asked for by name. */
@FunctionalInterface
public interface Planner {

    /**
     * The plan.
     *
     * @param spec as typed; names the technique
     * @throws RuntimeException with one sentence if a knob does not fit, or the model lacks what the technique needs
     */
    Plan plan(Technique technique, TechniqueSpec spec, ModelShape shape, Budget budget);

    /** From the model's shape alone. */
    static Planner plain() {
        return (technique, spec, shape, budget) -> technique.plan(shape, budget, spec.knobsOf(technique.card()));
    }
}

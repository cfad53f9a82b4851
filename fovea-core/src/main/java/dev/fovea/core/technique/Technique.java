package dev.fovea.core.technique;

import dev.fovea.core.shape.ModelShape;

/**
 * A published way of spending visual tokens. A technique never touches a model: it turns the shape of a model, a budget
 * and knobs into a {@link Plan}. Found with {@link java.util.ServiceLoader}; implementations hold no state.
 */
public interface Technique {

    /** What this technique is and which knobs it has. */
    Card card();

    /**
     * The steps for one model and budget.
     *
     * @throws IllegalArgumentException with one clear sentence if the model lacks a station or signal the technique
     *     needs, or the knobs do not fit
     */
    Plan plan(ModelShape shape, Budget budget, Knobs knobs);

    /**
     * What the technique starts a stream of pictures with that are classified one after the other. Most learn nothing
     * from a stream.
     *
     * @param classes how many classes there are
     * @throws IllegalArgumentException as {@link #plan}
     */
    default Adaptation adaptation(ModelShape shape, Budget budget, Knobs knobs, int classes) {
        return Adaptation.none();
    }
}

package dev.fovea.core.technique;

import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import java.util.List;

/**
 * A published way of spending visual tokens. A technique never touches a model: it turns the shape of a model, a budget
 * and knobs into the steps of a {@link Plan}. Found with {@link java.util.ServiceLoader}; implementations hold no state.
 */
public interface Technique {

    /** What this technique is and which knobs it has. */
    Card card();

    /** Whether it has plans. A way to decode has none and is asked for in another way: it spends no visual tokens. */
    default boolean plans() {
        return true;
    }

    /**
     * What it does to one model. Not asked where the budget keeps every token, unless the card says that it acts there.
     *
     * @return steps in path order; none if there is nothing to do
     * @throws IllegalArgumentException with one clear sentence if the model lacks a station or signal the technique
     *     needs, or the knobs do not fit
     */
    List<Step> steps(ModelShape shape, Budget budget, Knobs knobs);

    /**
     * The plan for one model and budget: the {@link #steps}, or none where the budget keeps every token and the card
     * does not say otherwise.
     *
     * @throws IllegalArgumentException as {@link #steps}
     */
    default Plan plan(ModelShape shape, Budget budget, Knobs knobs) {
        boolean idle = budget.isFull(shape.visualTokens()) && !card().actsAtFull(knobs);
        return Plan.of(card().id(), idle ? List.of() : steps(shape, budget, knobs));
    }

    /**
     * What the technique starts a stream of pictures with that are classified one after the other. Most learn nothing
     * from a stream.
     *
     * @param classes how many classes there are
     * @throws IllegalArgumentException as {@link #steps}
     */
    default Adaptation adaptation(ModelShape shape, Budget budget, Knobs knobs, int classes) {
        return Adaptation.none();
    }
}

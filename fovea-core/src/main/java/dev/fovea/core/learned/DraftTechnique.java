package dev.fovea.core.learned;

import dev.fovea.core.draft.Draft;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import java.util.List;

/**
 * A technique that guesses tokens of the answer, for the model to check. It is a way to decode: it has no steps, spends no
 * visual tokens and changes no answer, and goes with any technique that does. Its card says {@code full acts}.
 */
public interface DraftTechnique extends LearnedTechnique {

    /**
     * The network for one model.
     *
     * @param own the declared parameters, in f32
     * @throws IllegalArgumentException with one clear sentence if the knobs do not fit the model
     */
    Draft draft(ModelShape shape, Knobs knobs, Weights own);

    @Override
    default boolean plans() {
        return false;
    }

    /** @throws IllegalArgumentException always: with one sentence that says how it is asked for */
    @Override
    default List<Step> steps(ModelShape shape, Budget budget, Knobs knobs, Weights own) {
        String id = card().id();
        throw new IllegalArgumentException("Technique '" + id
                + "' is a way to decode and spends no visual tokens: ask for it as '--speculate " + id
                + "', beside any other technique.");
    }
}

package dev.fovea.core.learned;

import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Technique;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A technique with weights of its own, trained for one model. Its steps may read them, see signals as tensors
 * ({@link dev.fovea.core.path.Signals#tensor}) and decide with tensors, which are part of the graph while training; or it
 * changes the model's own weights, at the station {@link dev.fovea.core.path.Station.Weights}. Its card says
 * {@code trained yes}. Found like every technique; holds no state.
 */
public interface LearnedTechnique extends Technique {

    /**
     * The parameters that it learns for a model.
     *
     * @throws IllegalArgumentException as {@link #steps}
     */
    Declaration declaration(ModelShape shape, Knobs knobs);

    /**
     * What it does to one model with these weights.
     *
     * @param own the declared parameters, in f32; asked for while the plan is made or when a step runs
     * @return steps in path order
     * @throws IllegalArgumentException with one clear sentence if the model lacks what the technique needs, or the knobs
     *     do not fit
     */
    List<Step> steps(ModelShape shape, Budget budget, Knobs knobs, Weights own);

    /**
     * What parts of it say, by name, where there is a target to hold them against before or beside the answer.
     *
     * @throws IllegalArgumentException as {@link #steps}
     */
    default Map<String, Predictor> predictors(ModelShape shape, Knobs knobs) {
        return Map.of();
    }

    /**
     * What the states of a thought's groups show, as pictures, by the names of the groups that can be drawn: {@code [maps,
     * rows, columns]} from 0 to 1. Inputs: the states of the group's words, {@code [words, decoder width]}; the picture as
     * the encoder sees it, {@code [3, height, width]} from 0 to 1; and the states of the encoder as it was before anything
     * was learned, behind each of its feature layers, {@code [tokens, encoder width]}. Answers do without.
     */
    default Map<String, Predictor> drawings(ModelShape shape, Knobs knobs) {
        return Map.of();
    }

    /** How its authors lay out the weights that they publish; null where they publish none that it can take. */
    default @Nullable PublishedLayout published() {
        return null;
    }

    /** The plan with these weights. */
    default Plan plan(ModelShape shape, Budget budget, Knobs knobs, Weights own) {
        boolean idle = budget.isFull(shape.visualTokens()) && !card().actsAtFull(knobs);
        return Plan.of(card().id(), idle ? List.of() : steps(shape, budget, knobs, own));
    }

    /** The plan with zeros for weights, for walking through it and counting operations where no model runs. */
    default Plan blank(ModelShape shape, Budget budget, Knobs knobs) {
        return plan(shape, budget, knobs, new BlankWeights());
    }

    /** The steps without weights, for what depends on shapes alone. Reading a weight is refused. */
    @Override
    default List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        return steps(shape, budget, knobs, new AbsentWeights(card().id()));
    }
}

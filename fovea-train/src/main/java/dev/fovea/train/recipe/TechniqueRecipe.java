package dev.fovea.train.recipe;

import dev.fovea.train.loop.Stage;
import dev.fovea.train.report.Curve;
import java.util.List;
import java.util.Map;

/**
 * How the weights of one technique are trained for a finished model: what moves, what is minimised, on which data, for
 * how long. {@link TechniqueTraining} does the rest, the same for all: folder, resuming, charts, the card. Holds no state.
 */
interface TechniqueRecipe {

    /** Id of the technique. */
    String id();

    /** How long it trains when it is meant to be used; at most 90 minutes on two cores. */
    TechniqueSize size();

    /** The knobs that the weights are tied to: their card says them, and they hold wherever the weights are used. */
    List<String> tied();

    /** What it is trained on, in words, for the card. */
    default String data(TechniqueSize size) {
        return Learning.source(size.seen());
    }

    /**
     * Its stages, in their order; the last one's held-out figures are the card's.
     *
     * @throws IllegalArgumentException with one sentence if the model lacks what the technique needs
     */
    List<Stage<?>> stages(Learning learning);

    /** Whether other techniques, which learn nothing, may be named that reduce visual tokens while it is trained. */
    default boolean takesReducer() {
        return false;
    }

    /**
     * What else the card tells, by name, beside the held-out figures.
     *
     * @param curves what was logged, by stage
     */
    default Map<String, Double> figures(Learning learning, List<Curve> curves) {
        return Map.of();
    }
}

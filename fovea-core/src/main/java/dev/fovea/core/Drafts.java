package dev.fovea.core;

import dev.fovea.core.draft.Draft;
import dev.fovea.core.learned.LearnedPlanner;
import dev.fovea.core.path.Station;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Techniques;

/**
 * The drafts that guess answers of one opened model, with the weights that were trained for it.
 *
 * @param planner has the weights
 */
record Drafts(Techniques techniques, LearnedPlanner planner) {

    /**
     * A draft by name.
     *
     * @param spec as typed
     * @throws RuntimeException with one sentence if there is none of that name, or none that fits the model
     */
    Draft get(String spec) {
        return planner.draft(techniques, spec);
    }

    /**
     * Refuses, before anything is encoded, what cannot be guessed ahead.
     *
     * @throws RuntimeException with one sentence
     */
    void check(AskOptions options, Plan plan) {
        String spec = options.speculate();
        if (spec == null) {
            return;
        }
        get(spec);
        if (options.attention()) {
            throw new IllegalArgumentException(
                    "How the tokens of an answer look at the picture is told of one after the"
                            + " other, and guesses are read several at a time; ask for the one or for the other.");
        }
        if (plan.steps().stream().anyMatch(s -> s.station() instanceof Station.Logits)) {
            throw new IllegalArgumentException("Technique '" + plan.technique()
                    + "' decides about the logits of every token by itself, so that none can be guessed ahead; leave the"
                    + " technique or the draft '" + spec + "' out.");
        }
    }
}

package dev.fovea.core.technique;

import dev.fovea.core.path.Step;
import java.util.List;

/**
 * What a technique will do to one model at one budget.
 *
 * @param technique id of the technique (several ids joined by {@code +} after composition)
 * @param steps in path order
 * @param proportionalAttention whether encoder attention adds the logarithm of token sizes to its logits once tokens
 *     have been merged (ToMe section 3, "tracking token size")
 */
public record Plan(String technique, List<Step> steps, boolean proportionalAttention) {

    public Plan {
        steps = List.copyOf(steps);
    }

    public static Plan of(String technique, Step... steps) {
        return new Plan(technique, List.of(steps), false);
    }

    public static Plan of(String technique, List<Step> steps) {
        return new Plan(technique, steps, false);
    }

    /** The same steps with or without proportional attention; a plan without steps has none. */
    public Plan withProportionalAttention(boolean on) {
        return new Plan(technique, steps, on && !steps.isEmpty());
    }

    /** The plan that leaves the model alone. */
    public static Plan plain() {
        return new Plan("full", List.of(), false);
    }
}

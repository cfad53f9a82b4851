package dev.fovea.core.path;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A decision with what the step wants remembered about it.
 *
 * @param decision what the engine shall do
 * @param scores the score of every visual token present before the decision, for the ledger and the overlay; or null
 * @param notes named values per visual token present <em>before</em> the decision; the engine carries them along with
 *     the survivors (a merged token takes its anchor's value) to later steps of the same plan, which declare
 *     {@link Signal.Noted}
 */
public record Outcome(Decision decision, float @Nullable [] scores, Map<String, float[]> notes) {

    public Outcome {
        notes = Map.copyOf(notes);
    }

    public static Outcome of(Decision decision) {
        return new Outcome(decision, null, Map.of());
    }

    public static Outcome of(Decision decision, float[] scores) {
        return new Outcome(decision, scores, Map.of());
    }

    /** This outcome, also remembering one value per visual token present before the decision. */
    public Outcome noting(String name, float[] values) {
        Map<String, float[]> more = new LinkedHashMap<>(notes);
        more.put(name, values);
        return new Outcome(decision, scores, more);
    }
}

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
 * @param textNotes the same per text token after the first visual one, for {@link Signal.NotedText}; stations of the
 *     language model only
 */
public record Outcome(
        Decision decision, float @Nullable [] scores, Map<String, float[]> notes, Map<String, float[]> textNotes) {

    public Outcome {
        notes = Map.copyOf(notes);
        textNotes = Map.copyOf(textNotes);
    }

    public static Outcome of(Decision decision) {
        return new Outcome(decision, null, Map.of(), Map.of());
    }

    public static Outcome of(Decision decision, float[] scores) {
        return new Outcome(decision, scores, Map.of(), Map.of());
    }

    /** This outcome, also remembering one value per visual token present before the decision. */
    public Outcome noting(String name, float[] values) {
        return new Outcome(decision, scores, with(notes, name, values), textNotes);
    }

    /** This outcome, also remembering one value per text token after the first visual one. */
    public Outcome notingText(String name, float[] values) {
        return new Outcome(decision, scores, notes, with(textNotes, name, values));
    }

    private static Map<String, float[]> with(Map<String, float[]> notes, String name, float[] values) {
        Map<String, float[]> more = new LinkedHashMap<>(notes);
        more.put(name, values);
        return more;
    }
}

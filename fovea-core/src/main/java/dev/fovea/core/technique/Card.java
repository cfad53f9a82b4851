package dev.fovea.core.technique;

import java.util.List;

/**
 * The card of a technique: what it is, where it acts, its knobs, how it reads a budget. Written as text beside the
 * algorithm, see {@link #of}.
 *
 * @param id short lower-case name used on the command line
 * @param title title of the paper
 * @param arxiv arXiv id, or empty for baselines
 * @param summary one or two sentences: what it does and where
 * @param stations names of the stations it acts at, in path order: {@code framing} (before the encoder: the
 *     picture's size and its patches), {@code encoder}, {@code connector}, {@code prompt}, {@code decoder},
 *     {@code attention}, {@code residual}, {@code cache}, {@code logits}
 * @param budget how the budget is read, in sentences
 * @param full whether it acts where the budget keeps everything
 * @param knobs its knobs, with defaults behind the published numbers
 * @param substitutes what takes the place of signals that a model may lack
 * @param trained whether it needs trained weights of its own
 * @param notes what else a user must know
 */
public record Card(
        String id,
        String title,
        String arxiv,
        String summary,
        List<String> stations,
        String budget,
        AtFull full,
        List<Knob> knobs,
        List<Substitute> substitutes,
        boolean trained,
        List<String> notes) {

    /**
     * Whether a technique acts where the budget keeps every token. Most do not: their plan is empty then.
     *
     * @param acts whether it can
     * @param onlyWith knobs that must all be set for it, because they stand in for the budget; none if it always acts
     */
    public record AtFull(boolean acts, List<String> onlyWith) {
        public AtFull {
            onlyWith = List.copyOf(onlyWith);
        }

        /** In words. */
        public String text() {
            return !acts
                    ? "changes nothing"
                    : onlyWith.isEmpty() ? "acts as at any other" : "acts only with " + String.join(", ", onlyWith);
        }
    }

    public Card {
        stations = List.copyOf(stations);
        knobs = List.copyOf(knobs);
        substitutes = List.copyOf(substitutes);
        notes = List.copyOf(notes);
    }

    /**
     * Reads a card. Every line is a field, its name first; lines that begin with a space continue the field above.
     *
     * <pre>
     * id           fastv
     * title        An Image is Worth 1/2 Tokens After Layer 2
     * arxiv        2403.06764
     * summary      After K decoder layers keeps the visual tokens that the last prompt token attends to most.
     * stations     decoder
     * budget       Visual tokens left after layer K, not the average over layers.
     * knob         k = 2/32 decoder layers: Layers that see all tokens.
     * knob         softmax = all | visual: Keys of the score's softmax.
     * knob         rope = on | off: Whether the score sees rotary positions.
     * knob         seed = 0, whole 0..100: Seed.
     * note         Of the published variants this is the one with a KV cache.
     * </pre>
     *
     * <p>{@code id}, {@code title}, {@code summary}, {@code stations} (separated by commas, or {@code none}) and
     * {@code budget} are required; {@code knob}, {@code substitute} ({@link Substitute#word}) and {@code note} may stand
     * several times. {@code full acts} or {@code full acts with r, s} says that budget {@code full} does not empty the
     * plan, always or where these knobs are set. {@code trained yes} is for techniques with weights of their own.
     *
     * <p>A knob is {@code name = default, range: help}. Ranges: {@code 0..1} for numbers, {@code share} for the same,
     * {@code whole 0..100} for whole numbers; the default may be {@code auto}. Words are {@code first | second}, the
     * default first. Layers are {@code 9/24 encoder layers} (or {@code feature}, {@code decoder}), with {@code from 0}
     * behind it if the paper counts from 0, and {@code auto decoder layers} where no published layer is the default:
     * see {@link Depth}.
     *
     * @throws IllegalArgumentException with one sentence if the text has not this form, a field is missing, unknown or
     *     given twice, or a default is outside its range
     */
    public static Card of(String text) {
        return CardText.parse(text);
    }

    /** Whether there is something to do at these knobs where the budget keeps every token. */
    public boolean actsAtFull(Knobs set) {
        return full.acts() && full.onlyWith().stream().noneMatch(set::isAuto);
    }
}

package dev.fovea.core.technique;

import java.util.List;

/**
 * The card of a technique.
 *
 * @param id short lower-case name used on the command line
 * @param title title of the paper
 * @param arxiv arXiv id, or empty for baselines
 * @param summary one or two sentences: what it does and where
 * @param stations names of the stations it acts at, in path order: {@code framing} (before the encoder: the
 *     picture's size and its patches), {@code encoder}, {@code connector}, {@code decoder}, {@code attention},
 *     {@code logits}
 * @param knobs its knobs, with defaults behind the published numbers
 * @param trained whether it needs trained weights of its own
 * @param notes what a user must know: substitutes for missing signals, how the budget is read
 */
public record Card(
        String id,
        String title,
        String arxiv,
        String summary,
        List<String> stations,
        List<Knob> knobs,
        boolean trained,
        List<String> notes) {

    public Card {
        stations = List.copyOf(stations);
        knobs = List.copyOf(knobs);
        notes = List.copyOf(notes);
    }
}

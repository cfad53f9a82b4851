package dev.fovea.core.technique;

import java.util.List;

/**
 * A setting of a technique with its default and allowed values.
 *
 * @param name as written on the command line ({@code id:name=value})
 * @param fallback the default, as text; {@code 2/32} where it is the second layer of 32, scaled to the model; the word
 *     {@code auto} where the technique derives it from the model's shape or the budget
 * @param values what it may be set to
 * @param help one sentence
 */
public record Knob(String name, String fallback, Values values, String help) {

    /** Allowed values, in words a person reads. */
    public String range() {
        return values.range();
    }

    /** The only allowed words, or empty if the value is a number or a depth. */
    public List<String> choices() {
        return values instanceof Values.Choice choice ? choice.words() : List.of();
    }

    /** Whether this value leaves the default to the technique or to the model's depth. */
    boolean isDerived(String value) {
        return value.equals("auto") || (values instanceof Depth && value.equals(fallback));
    }

    /** Refuses a value that does not fit, with one sentence. */
    void check(String where, String value) {
        if (!value.equals(fallback) && !(values instanceof Depth && value.equals("auto"))) {
            values.check(where, value);
        }
    }
}

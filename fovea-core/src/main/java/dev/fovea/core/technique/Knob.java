package dev.fovea.core.technique;

import java.util.List;

/**
 * A setting of a technique with its default and allowed values.
 *
 * @param name as written on the command line ({@code id:name=value})
 * @param fallback the default, as text; the word {@code auto} where it is derived from the model's shape
 * @param range allowed values, in words a person reads: {@code 0..1}, {@code > 0}, {@code layer index}
 * @param choices the only allowed words, or empty if the value is a number
 * @param min smallest allowed number ({@code NEGATIVE_INFINITY} if none)
 * @param max largest allowed number ({@code POSITIVE_INFINITY} if none)
 * @param help one sentence
 */
public record Knob(
        String name, String fallback, String range, List<String> choices, double min, double max, String help) {

    public Knob {
        choices = List.copyOf(choices);
    }

    /** A number between two bounds, both allowed. */
    public static Knob number(String name, String fallback, double min, double max, String help) {
        return new Knob(name, fallback, text(min) + ".." + text(max), List.of(), min, max, help);
    }

    /** One of several words. */
    public static Knob choice(String name, String fallback, List<String> choices, String help) {
        return new Knob(name, fallback, String.join(" | ", choices), choices, 0, 0, help);
    }

    private static String text(double v) {
        if (Double.isInfinite(v)) {
            return v > 0 ? "" : "-";
        }
        return v == Math.rint(v) ? Long.toString((long) v) : Double.toString(v);
    }
}

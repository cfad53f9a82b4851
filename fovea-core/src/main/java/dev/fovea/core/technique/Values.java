package dev.fovea.core.technique;

import dev.fovea.core.message.Numerals;
import dev.fovea.core.message.Suggest;
import java.util.List;
import java.util.OptionalDouble;

/** What a knob may be set to. */
public sealed interface Values permits Values.Choice, Values.Numbers, Depth {

    /** The allowed values in words: {@code 0..1}, {@code all | visual}, {@code 1..L-1 of L decoder layers}. */
    String range();

    /**
     * Refuses a value that does not fit.
     *
     * @param where the knob, as a sentence begins with it
     * @throws IllegalArgumentException with one sentence
     */
    void check(String where, String value);

    /** One of several words, the default first. {@code on} and {@code off} make a flag. */
    record Choice(List<String> words) implements Values {
        public Choice {
            words = List.copyOf(words);
        }

        @Override
        public String range() {
            return String.join(" | ", words);
        }

        @Override
        public void check(String where, String value) {
            if (!words.contains(value)) {
                throw new IllegalArgumentException(where + " must be one of " + String.join(", ", words) + ", got '"
                        + value + "'" + Suggest.nearest(value, words) + ".");
            }
        }
    }

    /**
     * A number between two bounds, both allowed.
     *
     * @param whole whether fractions are refused
     */
    record Numbers(boolean whole, double min, double max) implements Values {
        @Override
        public String range() {
            return text(min) + ".." + text(max);
        }

        @Override
        public void check(String where, String value) {
            OptionalDouble number = Numerals.decimal(value);
            if (number.isPresent() && !(number.getAsDouble() >= min && number.getAsDouble() <= max)) {
                throw new IllegalArgumentException(where + " must be in " + range() + ", got " + value + ".");
            }
            if (number.isEmpty() || (whole && Numerals.whole(value).isEmpty())) {
                throw new IllegalArgumentException(where + " must be a " + (whole ? "whole number" : "number") + " in "
                        + range() + ", got '" + value + "'.");
            }
        }

        private static String text(double v) {
            return v == Math.rint(v) ? Long.toString((long) v) : Double.toString(v);
        }
    }
}

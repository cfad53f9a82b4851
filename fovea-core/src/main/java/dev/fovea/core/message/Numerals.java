package dev.fovea.core.message;

import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * Numbers as people type them: the digits 0 to 9, a sign, a point, an exponent. What Java would also take (hexadecimal
 * floats, the digits of other scripts, {@code 1d}, {@code NaN}) is no number here.
 */
public final class Numerals {
    private static final Pattern WHOLE = Pattern.compile("-?[0-9]{1,10}");
    private static final Pattern DECIMAL = Pattern.compile("-?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]{1,3})?");

    private Numerals() {}

    /** A whole number of at most 31 bits, or nothing if the text is none. */
    public static OptionalInt whole(String text) {
        if (!WHOLE.matcher(text).matches()) {
            return OptionalInt.empty();
        }
        long value = Long.parseLong(text);
        return value == (int) value ? OptionalInt.of((int) value) : OptionalInt.empty();
    }

    /** A finite number, or nothing if the text is none. */
    public static OptionalDouble decimal(String text) {
        if (!DECIMAL.matcher(text).matches()) {
            return OptionalDouble.empty();
        }
        double value = Double.parseDouble(text);
        return Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty();
    }
}

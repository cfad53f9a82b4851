package dev.fovea.core.generate.json;

import org.jspecify.annotations.Nullable;

/** A number without bounds, as JSON writes it. */
enum PlainNumber implements Part.Reader {
    /** Nothing yet. */
    BEGIN,
    /** Nothing yet, and it must be a whole number. */
    BEGIN_WHOLE,
    SIGN,
    SIGN_WHOLE,
    ZERO,
    ZERO_WHOLE,
    DIGITS,
    DIGITS_WHOLE,
    POINT,
    DECIMALS,
    EXPONENT,
    EXPONENT_SIGN,
    EXPONENT_DIGITS;

    @Override
    public Part.@Nullable Reader read(int value) {
        boolean digit = value >= '0' && value <= '9';
        return switch (this) {
            case BEGIN -> value == '-' ? SIGN : first(value, digit, ZERO, DIGITS);
            case BEGIN_WHOLE -> value == '-' ? SIGN_WHOLE : first(value, digit, ZERO_WHOLE, DIGITS_WHOLE);
            case SIGN -> first(value, digit, ZERO, DIGITS);
            // No "-0": some readers take it for a number of another kind.
            case SIGN_WHOLE -> first(value, digit, null, DIGITS_WHOLE);
            case ZERO -> fraction(value);
            case ZERO_WHOLE -> null;
            case DIGITS -> digit ? this : fraction(value);
            case DIGITS_WHOLE -> digit ? this : null;
            case POINT -> digit ? DECIMALS : null;
            case DECIMALS -> digit ? this : value == 'e' || value == 'E' ? EXPONENT : null;
            case EXPONENT -> digit ? EXPONENT_DIGITS : value == '+' || value == '-' ? EXPONENT_SIGN : null;
            case EXPONENT_SIGN -> digit ? EXPONENT_DIGITS : null;
            case EXPONENT_DIGITS -> digit ? this : null;
        };
    }

    private static @Nullable PlainNumber first(
            int value, boolean digit, @Nullable PlainNumber zero, PlainNumber digits) {
        return value == '0' ? zero : digit ? digits : null;
    }

    private static @Nullable PlainNumber fraction(int value) {
        return value == '.' ? POINT : value == 'e' || value == 'E' ? EXPONENT : null;
    }

    @Override
    public boolean mayEnd() {
        return switch (this) {
            case ZERO, ZERO_WHOLE, DIGITS, DIGITS_WHOLE, DECIMALS, EXPONENT_DIGITS -> true;
            default -> false;
        };
    }
}

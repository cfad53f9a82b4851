package dev.fovea.core.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Numbers as Python writes, reads and rounds them. */
final class PythonNumber {
    /** Longer texts are no numbers that fit. */
    private static final int MAX_DIGITS = 400;

    private static final Pattern REAL = Pattern.compile(
            "[+-]?(?:(?:\\d+(?:_\\d+)*)(?:\\.(?:\\d+(?:_\\d+)*)?)?|\\.\\d+(?:_\\d+)*)(?:[eE][+-]?\\d+(?:_\\d+)*)?");

    private PythonNumber() {}

    /** A float as Python writes it. */
    static String write(double d) {
        if (Double.isNaN(d)) {
            return "nan";
        }
        if (Double.isInfinite(d)) {
            return d > 0 ? "inf" : "-inf";
        }
        double size = Math.abs(d);
        if (size != 0 && (size < 1e-4 || size >= 1e16)) {
            return exponential(d);
        }
        if (d == 0) {
            return 1 / d < 0 ? "-0.0" : "0.0";
        }
        String plain = new BigDecimal(Double.toString(d)).stripTrailingZeros().toPlainString();
        return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }

    /** Java writes 1.0E-7 where Python writes 1e-07. */
    private static String exponential(double d) {
        String[] parts = Double.toString(d).split("E", 2);
        int exponent = Integer.parseInt(parts[1]);
        String mantissa = parts[0].endsWith(".0") ? parts[0].substring(0, parts[0].length() - 2) : parts[0];
        return mantissa + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    /** Python's {@code int(text, base)}; null if the text is no number in this base. */
    static @Nullable Long integer(String text, long base) {
        String s = strip(text);
        boolean negative = s.startsWith("-");
        if (negative || s.startsWith("+")) {
            s = s.substring(1);
        }
        int radix = (int) base;
        String prefix =
                s.length() > 1 && s.charAt(0) == '0' ? s.substring(1, 2).toLowerCase(java.util.Locale.ROOT) : "";
        int prefixed = prefix.equals("x") ? 16 : prefix.equals("o") ? 8 : prefix.equals("b") ? 2 : 0;
        if (prefixed != 0 && (base == 0 || base == prefixed)) {
            radix = prefixed;
            s = s.substring(2);
            s = s.startsWith("_") ? s.substring(1) : s;
        } else if (base == 0) {
            radix = 10;
            if (s.length() > 1 && s.charAt(0) == '0' && !s.replace("_", "").matches("0+")) {
                return null;
            }
        }
        if (radix < 2 || radix > 36 || !s.matches("[0-9A-Za-z]+(?:_[0-9A-Za-z]+)*+")) {
            return null;
        }
        try {
            BigInteger value = new BigInteger(s.replace("_", ""), radix);
            return fit(negative ? value.negate() : value);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** Python's {@code float(text)}; null if the text is no number. */
    static @Nullable Double real(String text) {
        String s = strip(text);
        String plain = s.startsWith("-") || s.startsWith("+") ? s.substring(1) : s;
        if (plain.equalsIgnoreCase("nan")) {
            return Double.NaN;
        }
        if (plain.equalsIgnoreCase("inf") || plain.equalsIgnoreCase("infinity")) {
            return s.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        return REAL.matcher(s).matches() ? Double.valueOf(s.replace("_", "")) : null;
    }

    private static String strip(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && Characters.isSpace(text.charAt(from))) {
            from++;
        }
        while (to > from && Characters.isSpace(text.charAt(to - 1))) {
            to--;
        }
        return to - from > MAX_DIGITS ? "" : text.substring(from, to);
    }

    /** Python's {@code int(real)}. */
    static long truncate(double d) {
        if (!Double.isFinite(d)) {
            throw new TemplateException(write(d) + " cannot become a whole number");
        }
        return fit(new BigDecimal(d).toBigInteger());
    }

    static long fit(BigInteger value) {
        if (value.bitLength() > 63) {
            throw new TemplateException("a whole number became too large");
        }
        return value.longValue();
    }

    /** Python's {@code round(number, digits)}: halves of the exact value go to the even side. */
    static Object round(Object number, long digits) {
        int scale = Math.clamp(digits, -400, 400);
        if (number instanceof Double d) {
            return Double.isFinite(d)
                    ? Math.copySign(
                            new BigDecimal(d)
                                    .setScale(scale, RoundingMode.HALF_EVEN)
                                    .doubleValue(),
                            d)
                    : d;
        }
        BigDecimal whole = BigDecimal.valueOf(Values.integer(number));
        return scale >= 0
                ? (Object) Values.integer(number)
                : fit(whole.setScale(scale, RoundingMode.HALF_EVEN).toBigInteger());
    }
}

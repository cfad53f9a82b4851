package dev.fovea.core.text.jinja;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** The digits of a number under a conversion such as {@code .2f}; what signs and pads them is the caller's. */
final class NumberFormat {
    /** More digits than these nobody reads, and they take long. */
    private static final int MAX_PRECISION = 1_000;

    private NumberFormat() {}

    /** The digits of a real number that is not negative, under one of {@code eEfFgG%}. */
    static String real(double size, char type, int precision, boolean alternate) {
        if (precision > MAX_PRECISION) {
            throw new TemplateException("a number cannot be written with more than " + MAX_PRECISION + " digits");
        }
        boolean upper = Character.isUpperCase(type);
        if (!Double.isFinite(size)) {
            String name = Double.isNaN(size) ? "nan" : "inf";
            return (upper ? name.toUpperCase(Locale.ROOT) : name) + (type == '%' ? "%" : "");
        }
        String digits = switch (Character.toLowerCase(type)) {
            case 'f' -> fixed(new BigDecimal(size), precision);
            case '%' -> fixed(new BigDecimal(size * 100), precision) + "%";
            case 'e' -> exponential(new BigDecimal(size), precision);
            default -> general(size, precision, alternate);
        };
        return upper ? digits.toUpperCase(Locale.ROOT) : digits;
    }

    private static String fixed(BigDecimal value, int precision) {
        return value.setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
    }

    private static String exponential(BigDecimal value, int precision) {
        BigDecimal rounded = value.round(new MathContext(precision + 1, RoundingMode.HALF_EVEN));
        String digits = rounded.unscaledValue().toString();
        int exponent = rounded.signum() == 0 ? 0 : digits.length() - 1 - rounded.scale();
        digits = (digits + "0".repeat(precision + 1)).substring(0, precision + 1);
        return digits.charAt(0)
                + (precision > 0 ? "." + digits.substring(1) : "")
                + "e"
                + (exponent < 0 ? "-" : "+")
                + (Math.abs(exponent) < 10 ? "0" : "")
                + Math.abs(exponent);
    }

    private static String general(double size, int precision, boolean alternate) {
        int significant = Math.max(1, precision);
        BigDecimal value = new BigDecimal(size);
        BigDecimal rounded = value.round(new MathContext(significant, RoundingMode.HALF_EVEN));
        int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        if (exponent < -4 || exponent >= significant) {
            String text = exponential(value, significant - 1);
            int at = text.indexOf('e');
            return (alternate ? text.substring(0, at) : trimmed(text.substring(0, at))) + text.substring(at);
        }
        String text = fixed(value, significant - 1 - exponent);
        return alternate ? text : trimmed(text);
    }

    private static String trimmed(String text) {
        if (text.indexOf('.') < 0) {
            return text;
        }
        int end = text.length();
        while (text.charAt(end - 1) == '0') {
            end--;
        }
        return text.substring(0, text.charAt(end - 1) == '.' ? end - 1 : end);
    }

    /** The digits of a whole number that is not negative, under one of {@code bdoxX}, with its prefix if asked for. */
    static String whole(long size, char type, boolean prefix) {
        return switch (type) {
            case 'b' -> (prefix ? "0b" : "") + Long.toUnsignedString(size, 2);
            case 'o' -> (prefix ? "0o" : "") + Long.toUnsignedString(size, 8);
            case 'x' -> (prefix ? "0x" : "") + Long.toUnsignedString(size, 16);
            case 'X' -> (prefix ? "0X" : "") + Long.toUnsignedString(size, 16).toUpperCase(Locale.ROOT);
            default -> Long.toUnsignedString(size);
        };
    }
}

package dev.fovea.core.text.jinja;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Python's {@code format(value, spec)}: fill, alignment, sign, width, grouping, precision and type. */
final class FormatSpec {
    private static final Pattern SPEC = Pattern.compile(
            "(?s)(?:(.)?([<>=^]))?([+\\- ])?(z)?(#)?(0)?(\\d{1,7})?([,_])?(?:\\.(\\d{1,7}))?([a-zA-Z%])?");

    private final Matcher m;
    private final String spec;

    private FormatSpec(String spec) {
        this.spec = spec;
        this.m = SPEC.matcher(spec);
        if (!m.matches()) {
            throw wrong();
        }
    }

    static String apply(@Nullable Object value, String spec, Context context) {
        if (spec.isEmpty()) {
            return PythonText.write(value, context.limits);
        }
        FormatSpec format = new FormatSpec(spec.length() > 64 ? spec.substring(0, 64) : spec);
        String body;
        if (Values.isText(value)) {
            body = format.text(Values.text(value));
        } else if (value instanceof Double d) {
            body = format.real(d);
        } else if (Values.isNumber(value)) {
            body = format.whole(Values.integer(value));
        } else {
            throw new TemplateException(Values.kind(value) + " cannot be written in the format '" + spec + "'");
        }
        context.limits.made(body.length());
        return body;
    }

    private TemplateException wrong() {
        return new TemplateException("the format '" + spec + "' is not understood");
    }

    private char type(char fallback) {
        return m.group(10) == null ? fallback : m.group(10).charAt(0);
    }

    private int number(int group, int fallback) {
        return m.group(group) == null ? fallback : Integer.parseInt(m.group(group));
    }

    private String text(String s) {
        char align = align('<');
        if (type('s') != 's' || align == '=' || m.group(3) != null || m.group(5) != null || m.group(8) != null) {
            throw wrong();
        }
        int precision = number(9, Integer.MAX_VALUE);
        int length = s.codePointCount(0, s.length());
        String cut = precision < length ? s.substring(0, s.offsetByCodePoints(0, precision)) : s;
        return padded("", cut, align);
    }

    private String whole(long n) {
        char type = type('d');
        if ("eEfFgG%".indexOf(type) >= 0) {
            return real((double) n);
        }
        if (m.group(9) != null) {
            throw wrong();
        }
        if (type == 'c') {
            return padded("", Character.toString(PercentFormat.codePoint(n)), align('<'));
        }
        if ("bdoxXn".indexOf(type) < 0) {
            throw wrong();
        }
        String digits = NumberFormat.whole(Math.abs(n), type, false);
        String prefix = m.group(5) == null || type == 'd' ? "" : "0" + type;
        return padded(sign(n < 0) + prefix, grouped(digits, type == 'd' ? 3 : 4), align('>'));
    }

    private String real(double value) {
        char type = type('r');
        if ("eEfFgGnr%".indexOf(type) < 0) {
            throw wrong();
        }
        boolean negative = value < 0 || value == 0 && 1 / value < 0;
        int precision = number(9, 6);
        String digits;
        if (type == 'r' && m.group(9) == null) {
            digits = PythonNumber.write(Math.abs(value));
        } else if (type == 'r') {
            digits = NumberFormat.real(Math.abs(value), 'g', precision, m.group(5) != null);
            boolean whole = digits.chars().allMatch(c -> c >= '0' && c <= '9');
            digits = whole && digits.length() < Math.max(1, precision)
                    ? digits + ".0"
                    : whole ? exponential(value, precision) : digits;
        } else {
            digits = NumberFormat.real(Math.abs(value), type == 'n' ? 'g' : type, precision, m.group(5) != null);
        }
        return padded(sign(negative), grouped(digits, 3), align('>'));
    }

    private static String exponential(double value, int precision) {
        String text = NumberFormat.real(Math.abs(value), 'e', Math.max(0, precision - 1), false);
        int e = text.indexOf('e');
        String mantissa = text.substring(0, e);
        if (mantissa.indexOf('.') >= 0) {
            mantissa = mantissa.replaceFirst("\\.?0+$", "");
        }
        return mantissa + text.substring(e);
    }

    private String sign(boolean negative) {
        String sign = m.group(3);
        return negative ? "-" : sign == null || sign.equals("-") ? "" : sign;
    }

    private String grouped(String digits, int size) {
        String mark = m.group(8);
        if (mark == null) {
            return digits;
        }
        int end = 0;
        while (end < digits.length() && Character.digit(digits.charAt(end), 16) >= 0 && digits.charAt(end) != 'e') {
            end++;
        }
        StringBuilder out = new StringBuilder(digits.substring(0, end));
        for (int i = end - size; i > 0; i -= size) {
            out.insert(i, mark);
        }
        return out.append(digits.substring(end)).toString();
    }

    private char align(char fallback) {
        return m.group(2) != null ? m.group(2).charAt(0) : m.group(6) != null && fallback == '>' ? '=' : fallback;
    }

    private String padded(String prefix, String body, char align) {
        String fill = m.group(1) != null ? m.group(1) : m.group(6) != null ? "0" : " ";
        int pad = number(7, 0) - prefix.length() - body.codePointCount(0, body.length());
        if (pad <= 0) {
            return prefix + body;
        }
        Limits.checkText(pad);
        return switch (align) {
            case '<' -> prefix + body + fill.repeat(pad);
            case '=' -> prefix + fill.repeat(pad) + body;
            case '^' -> fill.repeat(pad / 2) + prefix + body + fill.repeat(pad - pad / 2);
            default -> fill.repeat(pad) + prefix + body;
        };
    }
}

package dev.fovea.core.text.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code '%s has %d' % values}: Python's formatting with the percent sign. */
final class PercentFormat {
    private final String format;
    private final @Nullable Object values;
    private final Context context;
    private final boolean markup;
    private final StringBuilder out = new StringBuilder();
    private int at;
    private int next;

    private PercentFormat(String format, boolean markup, @Nullable Object values, Context context) {
        this.format = format;
        this.markup = markup;
        this.values = values;
        this.context = context;
    }

    /**
     * The formatted text.
     *
     * @param markup whether what is put in is escaped
     * @param values a tuple, a dictionary or one value
     */
    static String apply(String format, boolean markup, @Nullable Object values, Context context) {
        context.limits.lookedAt(format.length());
        return new PercentFormat(format, markup, values, context).run();
    }

    private String run() {
        while (at < format.length()) {
            int percent = format.indexOf('%', at);
            int end = percent < 0 ? format.length() : percent;
            append(format.substring(at, end));
            at = end + 1;
            if (percent >= 0) {
                conversion();
            }
        }
        boolean mapping = values instanceof Dict
                || values instanceof Undefined
                || values instanceof List<?> && !(values instanceof Tuple);
        if (!mapping && next < (values instanceof Tuple t ? t.size() : 1)) {
            throw new TemplateException("the format '" + shortened() + "' takes fewer values than it was given");
        }
        return out.toString();
    }

    private void append(String piece) {
        Limits.checkText((long) out.length() + piece.length());
        context.limits.made(piece.length());
        out.append(piece);
    }

    private String shortened() {
        return format.length() <= 40 ? format : format.substring(0, 40) + "...";
    }

    private TemplateException notUnderstood() {
        return new TemplateException("the format '" + shortened() + "' is not understood");
    }

    private char look() {
        if (at >= format.length()) {
            throw notUnderstood();
        }
        return format.charAt(at);
    }

    private void conversion() {
        String name = name();
        int flags = at;
        while ("-+ #0".indexOf(look()) >= 0) {
            at++;
        }
        String flag = format.substring(flags, at);
        long width = number();
        long precision = -1;
        if (look() == '.') {
            at++;
            precision = number();
        }
        while ("hlL".indexOf(look()) >= 0) {
            at++;
        }
        char type = format.charAt(at++);
        if (type == '%') {
            append("%");
            return;
        }
        boolean left = flag.contains("-") || width < 0;
        String body =
                body(type, name.isEmpty() ? nextValue() : named(name.substring(1)), flag, precision, Math.abs(width));
        long pad = Math.abs(width) - body.codePointCount(0, body.length());
        Limits.checkText(pad);
        String padding = pad > 0 ? " ".repeat((int) pad) : "";
        append(left ? body + padding : padding + body);
    }

    /** The name in round brackets after a bracket of its own, or nothing. */
    private String name() {
        if (look() != '(') {
            return "";
        }
        int from = at;
        for (int depth = 0; depth > 0 || at == from; at++) {
            depth += look() == '(' ? 1 : look() == ')' ? -1 : 0;
        }
        return format.substring(from, at - 1);
    }

    private long number() {
        if (look() == '*') {
            at++;
            return Values.integer(nextValue());
        }
        long number = 0;
        while (look() >= '0' && look() <= '9') {
            number = number * 10 + look() - '0';
            Limits.checkText(number);
            at++;
        }
        return number;
    }

    private @Nullable Object nextValue() {
        int i = next++;
        if (values instanceof Tuple tuple) {
            if (i >= tuple.size()) {
                throw new TemplateException("the format '" + shortened() + "' needs more values than it was given");
            }
            return tuple.get(i);
        }
        if (i > 0) {
            throw new TemplateException("the format '" + shortened() + "' needs more values than it was given");
        }
        return values;
    }

    private @Nullable Object named(String name) {
        if (!(values instanceof Dict dict)) {
            throw new TemplateException("the format '" + shortened() + "' needs a dictionary");
        }
        Dict.Entry entry = dict.find(name, context.limits);
        if (entry == null) {
            throw new TemplateException("the format '" + shortened() + "' needs the value '" + name + "'");
        }
        next = 1;
        return entry.value();
    }

    private String body(char type, @Nullable Object value, String flags, long precision, long width) {
        return switch (type) {
            case 's', 'r', 'a' -> {
                String text = type == 's'
                        ? PythonText.write(value, context.limits)
                        : PythonText.represent(value, context.limits);
                text = markup
                        ? (type == 's' && value instanceof Markup ? text : Html.escape(text, context.limits))
                        : text;
                yield precision < 0 || precision >= text.codePointCount(0, text.length())
                        ? text
                        : text.substring(0, text.offsetByCodePoints(0, (int) precision));
            }
            case 'c' ->
                Values.isText(value)
                                && Values.text(value)
                                                .codePointCount(
                                                        0, Values.text(value).length())
                                        == 1
                        ? Values.text(value)
                        : Character.toString(codePoint(Values.integer(value)));
            case 'd', 'i', 'u' -> whole(decimal(value), 'd', flags, precision, width);
            case 'o', 'x', 'X' -> whole(Values.integer(value), type, flags, precision, width);
            case 'e', 'E', 'f', 'F', 'g', 'G' -> real(Values.real(value), type, flags, precision, width);
            default -> throw notUnderstood();
        };
    }

    static int codePoint(long c) {
        if (c < 0 || c > Character.MAX_CODE_POINT) {
            throw new TemplateException(c + " is no character");
        }
        return (int) c;
    }

    private static long decimal(@Nullable Object value) {
        return value instanceof Double d ? PythonNumber.truncate(d) : Values.integer(value);
    }

    private static String whole(long value, char type, String flags, long precision, long width) {
        String digits = NumberFormat.whole(Math.abs(value), type, false);
        if (precision > digits.length()) {
            digits = "0".repeat((int) precision - digits.length()) + digits;
        }
        String prefix = flags.contains("#") && type != 'd' ? "0" + type : "";
        return signed(value < 0, prefix, digits, flags, width);
    }

    private static String real(double value, char type, String flags, long precision, long width) {
        String digits =
                NumberFormat.real(Math.abs(value), type, precision < 0 ? 6 : (int) precision, flags.contains("#"));
        return signed(value < 0 || value == 0 && 1 / value < 0, "", digits, flags, width);
    }

    private static String signed(boolean negative, String prefix, String digits, String flags, long width) {
        String sign = negative ? "-" : flags.contains("+") ? "+" : flags.contains(" ") ? " " : "";
        long zeros = flags.contains("0") && !flags.contains("-")
                ? width - sign.length() - prefix.length() - digits.length()
                : 0;
        return sign + prefix + (zeros > 0 ? "0".repeat((int) zeros) : "") + digits;
    }
}

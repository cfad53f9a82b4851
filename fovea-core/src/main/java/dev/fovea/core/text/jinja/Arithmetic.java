package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Python's operators on two values. */
final class Arithmetic {
    private Arithmetic() {}

    static @Nullable Object apply(String operator, @Nullable Object a, @Nullable Object b) {
        refuseUndefined(a);
        refuseUndefined(b);
        try {
            return switch (operator) {
                case "+" -> add(a, b);
                case "-" ->
                    real(a, b)
                            ? Values.real(a) - Values.real(b)
                            : (Object) Math.subtractExact(Values.integer(a), Values.integer(b));
                case "*" -> multiply(a, b);
                case "/" -> Values.real(a) / nonZero(Values.real(b));
                case "//" ->
                    real(a, b)
                            ? Math.floor(Values.real(a) / nonZero(Values.real(b)))
                            : (Object) Math.floorDiv(Values.integer(a), nonZero(Values.integer(b)));
                case "%" -> remainder(a, b);
                case "**" -> power(a, b);
                default -> throw new TemplateException("the operator " + operator + " is not known");
            };
        } catch (ArithmeticException e) {
            throw new TemplateException("a whole number became too large");
        }
    }

    private static void refuseUndefined(@Nullable Object value) {
        if (value instanceof Values.Undefined u) {
            throw new TemplateException("'" + u.name() + "' is undefined");
        }
    }

    private static boolean real(@Nullable Object a, @Nullable Object b) {
        return a instanceof Double || b instanceof Double;
    }

    private static double nonZero(double d) {
        if (d == 0) {
            throw new TemplateException("division by zero");
        }
        return d;
    }

    private static long nonZero(long n) {
        if (n == 0) {
            throw new TemplateException("division by zero");
        }
        return n;
    }

    static Object add(@Nullable Object a, @Nullable Object b) {
        if (a instanceof String x && b instanceof String y) {
            Limits.checkText((long) x.length() + y.length());
            return x + y;
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            Limits.checkList((long) x.size() + y.size());
            List<@Nullable Object> sum = new ArrayList<>(x);
            sum.addAll(y);
            return sum;
        }
        if (Values.isNumber(a) && Values.isNumber(b)) {
            return real(a, b)
                    ? Values.real(a) + Values.real(b)
                    : (Object) Math.addExact(Values.integer(a), Values.integer(b));
        }
        throw new TemplateException(
                Values.kind(a) + " and " + Values.kind(b) + " cannot be added; use ~ to join texts");
    }

    private static Object multiply(@Nullable Object a, @Nullable Object b) {
        if (b instanceof String || b instanceof List<?>) {
            return multiply(b, a);
        }
        if (a instanceof String || a instanceof List<?>) {
            int count = Math.clamp(Values.integer(b), 0, Limits.MAX_TEXT + 1);
            if (a instanceof String s) {
                Limits.checkText((long) count * s.length());
                return s.repeat(count);
            }
            Limits.checkList(count * Values.length(a));
            List<@Nullable Object> out = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                out.addAll(Values.elements(a));
            }
            return out;
        }
        return real(a, b)
                ? Values.real(a) * Values.real(b)
                : (Object) Math.multiplyExact(Values.integer(a), Values.integer(b));
    }

    private static Object remainder(@Nullable Object a, @Nullable Object b) {
        if (a instanceof String format) {
            return Methods.percent(format, b instanceof List<?> list ? new ArrayList<>(list) : listOf(b));
        }
        if (real(a, b)) {
            double y = nonZero(Values.real(b));
            return Values.real(a) - y * Math.floor(Values.real(a) / y);
        }
        return Math.floorMod(Values.integer(a), nonZero(Values.integer(b)));
    }

    private static List<@Nullable Object> listOf(@Nullable Object value) {
        List<@Nullable Object> list = new ArrayList<>();
        list.add(value);
        return list;
    }

    private static Object power(@Nullable Object a, @Nullable Object b) {
        if (real(a, b) || Values.integer(b) < 0) {
            return Math.pow(Values.real(a), Values.real(b));
        }
        return Math.powExact(Values.integer(a), Math.toIntExact(Math.min(Values.integer(b), 4096)));
    }
}

package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Python's operators on two values. */
final class Arithmetic {
    private Arithmetic() {}

    static @Nullable Object apply(String operator, @Nullable Object a, @Nullable Object b, Context context) {
        context.limits.step();
        if (operator.equals("%") && Values.isText(a)) {
            String text = PercentFormat.apply(Values.text(a), a instanceof Markup, b, context);
            return a instanceof Markup ? new Markup(text) : text;
        }
        refuseUndefined(a);
        refuseUndefined(b);
        try {
            return switch (operator) {
                case "+" -> add(a, b, context);
                case "-" ->
                    real(a, b)
                            ? Values.real(a) - Values.real(b)
                            : (Object) Math.subtractExact(Values.integer(a), Values.integer(b));
                case "*" -> multiply(a, b, context);
                case "/" -> Values.real(a) / nonZero(Values.real(b));
                case "//" ->
                    real(a, b)
                            ? floor(Values.real(a), nonZero(Values.real(b)))
                            : (Object) divide(Values.integer(a), nonZero(Values.integer(b)));
                case "%" -> remainder(a, b);
                case "**" -> power(a, b);
                default -> throw new TemplateException("the operator " + operator + " is not known");
            };
        } catch (ArithmeticException e) {
            throw new TemplateException("a whole number became too large");
        }
    }

    /** {@code -value} or {@code +value}. */
    static Object sign(String operator, @Nullable Object value) {
        refuseUndefined(value);
        boolean negative = operator.equals("-");
        if (value instanceof Double d) {
            return negative ? -d : d;
        }
        long n = Values.integer(value);
        if (negative && n == Long.MIN_VALUE) {
            throw new TemplateException("a whole number became too large");
        }
        return negative ? -n : n;
    }

    private static void refuseUndefined(@Nullable Object value) {
        if (value instanceof Undefined u) {
            throw u.failure();
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

    private static long divide(long a, long b) {
        return b == -1 ? Math.negateExact(a) : Math.floorDiv(a, b);
    }

    private static Object add(@Nullable Object a, @Nullable Object b, Context context) {
        if (Values.isText(a) && Values.isText(b)) {
            boolean markup = a instanceof Markup || b instanceof Markup;
            String x = markup ? Html.escaped(a, context.limits) : Values.text(a);
            String y = markup ? Html.escaped(b, context.limits) : Values.text(b);
            context.limits.made((long) x.length() + y.length());
            return markup ? new Markup(x + y) : x + y;
        }
        if (a instanceof List<?> x && b instanceof List<?> y && addable(x, y)) {
            context.limits.list((long) x.size() + y.size());
            List<@Nullable Object> sum = new ArrayList<>(x);
            sum.addAll(y);
            return x instanceof Tuple ? new Tuple(sum) : sum;
        }
        if (Values.isNumber(a) && Values.isNumber(b)) {
            return real(a, b)
                    ? Values.real(a) + Values.real(b)
                    : (Object) Math.addExact(Values.integer(a), Values.integer(b));
        }
        throw new TemplateException(
                Values.kind(a) + " and " + Values.kind(b) + " cannot be added; use ~ to join texts");
    }

    private static boolean addable(List<?> x, List<?> y) {
        return x instanceof Tuple == y instanceof Tuple && !(x instanceof Range) && !(y instanceof Range);
    }

    private static Object multiply(@Nullable Object a, @Nullable Object b, Context context) {
        boolean repeats = Values.isText(b) || b instanceof List<?>;
        if (repeats && !(Values.isText(a) || a instanceof List<?>)) {
            return multiply(b, a, context);
        }
        if (Values.isText(a)) {
            String s = Values.text(a);
            int count = Math.clamp(Values.integer(b), 0, Limits.MAX_TEXT + 1);
            context.limits.made((long) count * s.length());
            return a instanceof Markup ? new Markup(s.repeat(count)) : s.repeat(count);
        }
        if (a instanceof List<?> list && !(a instanceof Range)) {
            int count = Math.clamp(Values.integer(b), 0, Limits.MAX_LIST + 1);
            context.limits.list((long) count * list.size());
            List<@Nullable Object> out = new ArrayList<>();
            for (int i = 0; i < count && !list.isEmpty(); i++) {
                out.addAll(list);
            }
            return list instanceof Tuple ? new Tuple(out) : out;
        }
        return real(a, b)
                ? Values.real(a) * Values.real(b)
                : (Object) Math.multiplyExact(Values.integer(a), Values.integer(b));
    }

    private static double floor(double a, double b) {
        double quotient = (a - modulo(a, b)) / b;
        double floor = Math.floor(quotient);
        return quotient == 0 ? Math.copySign(0.0, a / b) : quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static double modulo(double a, double b) {
        double r = a % b;
        return r == 0 ? Math.copySign(0.0, b) : r < 0 != b < 0 ? r + b : r;
    }

    private static Object remainder(@Nullable Object a, @Nullable Object b) {
        if (real(a, b)) {
            return modulo(Values.real(a), nonZero(Values.real(b)));
        }
        return Math.floorMod(Values.integer(a), nonZero(Values.integer(b)));
    }

    private static Object power(@Nullable Object a, @Nullable Object b) {
        if (real(a, b) || Values.integer(b) < 0) {
            double x = Values.real(a);
            double y = Values.real(b);
            if (x == 0 && y < 0) {
                throw new TemplateException("zero cannot be raised to a negative power");
            }
            if (x < 0 && y != Math.rint(y)) {
                throw new TemplateException("a negative number cannot be raised to a broken power");
            }
            double power = Math.pow(x, y);
            if (Double.isInfinite(power) && Double.isFinite(x) && Double.isFinite(y)) {
                throw new TemplateException("a number became too large");
            }
            return power;
        }
        long base = Values.integer(a);
        long exponent = Values.integer(b);
        if (base == 0 || base == 1) {
            return exponent == 0 ? 1L : base;
        }
        if (base == -1) {
            return exponent % 2 == 0 ? 1L : -1L;
        }
        return Math.powExact(base, Math.toIntExact(Math.min(exponent, 4096)));
    }
}

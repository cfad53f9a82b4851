package dev.fovea.core.text.jinja;

import java.math.BigDecimal;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Python's {@code ==}, {@code <} and {@code in}. */
final class Equality {
    private Equality() {}

    /** Numbers by value (True is 1), the rest by content. */
    static boolean same(@Nullable Object a, @Nullable Object b, Limits limits) {
        return same(a, b, limits, 0);
    }

    private static boolean same(@Nullable Object a, @Nullable Object b, Limits limits, int depth) {
        limits.step();
        if (a == b) {
            return !(a instanceof Double d && d.isNaN());
        }
        if (Values.isNumber(a) && Values.isNumber(b)) {
            return !nan(a) && !nan(b) && order(a, b) == 0;
        }
        if (Values.isText(a) && Values.isText(b)) {
            String x = Values.text(a);
            String y = Values.text(b);
            limits.read(x.length() == y.length() ? x.length() : 0);
            return x.equals(y);
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            return x instanceof Tuple == y instanceof Tuple
                    && x instanceof Range == y instanceof Range
                    && sameLists(x, y, limits, limits.below(depth));
        }
        if (a instanceof Dict x && b instanceof Dict y) {
            return x.size() == y.size() && sameEntries(x, y, limits, limits.below(depth));
        }
        return a instanceof Undefined && b instanceof Undefined;
    }

    private static boolean sameLists(List<?> x, List<?> y, Limits limits, int depth) {
        if (x.size() != y.size()) {
            return false;
        }
        for (int i = 0; i < x.size(); i++) {
            if (!same(x.get(i), y.get(i), limits, depth)) {
                return false;
            }
        }
        return true;
    }

    private static boolean sameEntries(Dict x, Dict y, Limits limits, int depth) {
        for (Dict.Entry e : x.entries()) {
            Dict.Entry other = y.find(e.key(), limits);
            if (other == null || !same(e.value(), other.value(), limits, depth)) {
                return false;
            }
        }
        return true;
    }

    /** Python's {@code is}, where identical numbers and texts count as one. */
    static boolean identical(@Nullable Object a, @Nullable Object b, Limits limits) {
        return a == b
                || (a instanceof Long || a instanceof String || a instanceof Boolean || a instanceof Double)
                        && b != null
                        && a.getClass() == b.getClass()
                        && same(a, b, limits);
    }

    /** Whether {@code a} is less than {@code b}, or with {@code orSame} not more; kinds that differ have no order. */
    static boolean less(@Nullable Object a, @Nullable Object b, boolean orSame, Limits limits) {
        if (nan(a) || nan(b)) {
            order(a, b);
            return false;
        }
        int order = compare(a, b, limits, 0);
        return orSame ? order <= 0 : order < 0;
    }

    /** The order in which values are sorted. */
    static Comparator<@Nullable Object> comparator(Limits limits) {
        return (a, b) -> compare(a, b, limits, 0);
    }

    private static int compare(@Nullable Object a, @Nullable Object b, Limits limits, int depth) {
        limits.step();
        if (Values.isNumber(a) && Values.isNumber(b)) {
            return order(a, b);
        }
        if (Values.isText(a) && Values.isText(b)) {
            return texts(Values.text(a), Values.text(b), limits);
        }
        if (a instanceof List<?> x
                && b instanceof List<?> y
                && x instanceof Tuple == y instanceof Tuple
                && !(x instanceof Range)
                && !(y instanceof Range)) {
            int below = limits.below(depth);
            for (int i = 0; i < Math.min(x.size(), y.size()); i++) {
                if (!same(x.get(i), y.get(i), limits, below)) {
                    return compare(x.get(i), y.get(i), limits, below);
                }
            }
            return Integer.compare(x.size(), y.size());
        }
        if (a instanceof Undefined u) {
            throw u.failure();
        }
        if (b instanceof Undefined u) {
            throw u.failure();
        }
        throw new TemplateException(Values.kind(a) + " and " + Values.kind(b) + " cannot be ordered");
    }

    private static boolean nan(@Nullable Object value) {
        return value instanceof Double d && d.isNaN();
    }

    private static int order(@Nullable Object a, @Nullable Object b) {
        if (!(a instanceof Double) && !(b instanceof Double)) {
            return Long.compare(Values.integer(a), Values.integer(b));
        }
        double x = Values.real(a);
        double y = Values.real(b);
        if (x != y || a instanceof Double && b instanceof Double || !Double.isFinite(x)) {
            return x == y ? 0 : Double.compare(x, y);
        }
        return exact(a).compareTo(exact(b));
    }

    private static BigDecimal exact(@Nullable Object number) {
        return number instanceof Double d ? new BigDecimal(d) : BigDecimal.valueOf(Values.integer(number));
    }

    /** By code points, where Java compares halves of them. */
    private static int texts(String x, String y, Limits limits) {
        int n = Math.min(x.length(), y.length());
        limits.read(n);
        int at = mismatch(x, y, n);
        if (at == n) {
            return Integer.compare(x.length(), y.length());
        }
        char p = x.charAt(at);
        char q = y.charAt(at);
        boolean halves = Character.isSurrogate(p) != Character.isSurrogate(q);
        return halves ? (Character.isSurrogate(p) ? 1 : -1) : Character.compare(p, q);
    }

    private static int mismatch(String x, String y, int n) {
        int at = 0;
        while (at < n && x.charAt(at) == y.charAt(at)) {
            at++;
        }
        return at;
    }

    /** Python's {@code value in container}. */
    static boolean contains(@Nullable Object container, @Nullable Object value, Limits limits) {
        if (Values.isText(container)) {
            return Search.first(Values.text(container), Values.text(value), 0, limits) >= 0;
        }
        if (container instanceof Dict dict) {
            return dict.find(value, limits) != null;
        }
        if (container instanceof DictView view && view.kind() == DictView.Kind.KEYS) {
            return view.dict().find(value, limits) != null;
        }
        if (container instanceof Range range && !(value instanceof Double)) {
            limits.step();
            return (value instanceof Long || value instanceof Boolean) && range.holds(Values.integer(value));
        }
        Iterator<@Nullable Object> items = Elements.of(container, limits);
        while (items.hasNext()) {
            if (same(items.next(), value, limits)) {
                return true;
            }
        }
        return false;
    }
}

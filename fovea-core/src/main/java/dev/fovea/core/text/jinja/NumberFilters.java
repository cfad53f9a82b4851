package dev.fovea.core.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters that read, round and write numbers. */
final class NumberFilters {
    private static final List<String> UNITS = List.of("kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB");
    private static final List<String> BINARY_UNITS = List.of("KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB");

    private NumberFilters() {}

    static Map<String, Filter> all() {
        return Map.of(
                "int", Filter.of("default=, base=", NumberFilters::toInteger),
                "float",
                        Filter.of("default=", (v, a, c) -> {
                            Double d = real(v, c.limits);
                            return d == null ? a.get("default", 0.0) : d;
                        }),
                "abs",
                        Filter.of(
                                "",
                                (v, a, c) ->
                                        v instanceof Double d ? Math.abs(d) : (Object) absolute(Values.integer(v))),
                "round", Filter.of("precision=, method=", NumberFilters::round),
                "filesizeformat", Filter.of("binary=", NumberFilters::fileSize));
    }

    private static long absolute(long n) {
        if (n == Long.MIN_VALUE) {
            throw new TemplateException("a whole number became too large");
        }
        return Math.abs(n);
    }

    private static @Nullable Object toInteger(@Nullable Object v, Arguments a, Context c) {
        if (v instanceof Undefined u) {
            throw u.failure();
        }
        if (v instanceof Double d) {
            return d.isNaN() ? a.get("default", 0L) : (Object) PythonNumber.truncate(d);
        }
        if (v instanceof Long || v instanceof Boolean) {
            return Values.integer(v);
        }
        if (!Values.isText(v)) {
            return a.get("default", 0L);
        }
        String text = Values.text(v);
        c.limits.lookedAt(text.length());
        Long whole = PythonNumber.integer(text, a.integer("base", 10));
        Double real = whole == null ? PythonNumber.real(text) : null;
        return whole != null
                ? whole
                : real == null || !Double.isFinite(real) ? a.get("default", 0L) : (Object) PythonNumber.truncate(real);
    }

    private static @Nullable Double real(@Nullable Object v, Limits limits) {
        if (v instanceof Undefined u) {
            throw u.failure();
        }
        if (Values.isText(v)) {
            limits.lookedAt(Values.text(v).length());
            return PythonNumber.real(Values.text(v));
        }
        return Values.isNumber(v) ? Double.valueOf(Values.real(v)) : null;
    }

    private static Object round(@Nullable Object v, Arguments a, Context c) {
        String method = a.text("method", "common");
        Object precision = a.get("precision", 0L);
        switch (method) {
            case "common" -> {
                Object number = v instanceof Double d ? d : (Object) Values.integer(v);
                return PythonNumber.round(number, Values.integer(precision));
            }
            case "ceil", "floor" -> {
                Object scale = Arithmetic.apply("**", 10L, precision, c);
                double scaled = Values.real(Arithmetic.apply("*", v, scale, c));
                long whole = PythonNumber.truncate(method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled));
                return whole / Values.real(scale);
            }
            default -> throw new TemplateException("'round' knows the methods common, ceil and floor");
        }
    }

    private static String fileSize(@Nullable Object v, Arguments a, Context c) {
        Double bytes = real(v, c.limits);
        if (bytes == null) {
            throw new TemplateException("'filesizeformat' needs a number");
        }
        boolean binary = a.flag("binary", false);
        int base = binary ? 1024 : 1000;
        if (bytes == 1) {
            return "1 Byte";
        }
        if (bytes < base) {
            return PythonNumber.truncate(bytes) + " Bytes";
        }
        List<String> units = binary ? BINARY_UNITS : UNITS;
        double unit = base;
        for (String name : units) {
            unit *= base;
            if (bytes < unit || name.equals(units.getLast())) {
                return NumberFormat.real(base * bytes / unit, 'f', 1, false) + " " + name;
            }
        }
        throw new AssertionError(unit);
    }
}

package dev.fovea.core.text.jinja;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The methods of Python's str; those of a safe text give safe texts. */
final class TextMethods {
    private static final Map<String, Signature> SIGNATURES = Map.ofEntries(
            Map.entry("strip", Signature.of("chars=, |")),
            Map.entry("lstrip", Signature.of("chars=, |")),
            Map.entry("rstrip", Signature.of("chars=, |")),
            Map.entry("split", Signature.of("sep=, maxsplit=")),
            Map.entry("rsplit", Signature.of("sep=, maxsplit=")),
            Map.entry("splitlines", Signature.of("keepends=")),
            Map.entry("startswith", Signature.of("prefix, start=, end=, |")),
            Map.entry("endswith", Signature.of("suffix, start=, end=, |")),
            Map.entry("upper", Signature.NONE),
            Map.entry("lower", Signature.NONE),
            Map.entry("title", Signature.NONE),
            Map.entry("capitalize", Signature.NONE),
            Map.entry("casefold", Signature.NONE),
            Map.entry("swapcase", Signature.NONE),
            Map.entry("replace", Signature.of("old, new, count=, |")),
            Map.entry("join", Signature.of("iterable, |")),
            Map.entry("find", Signature.of("sub, start=, end=, |")),
            Map.entry("rfind", Signature.of("sub, start=, end=, |")),
            Map.entry("index", Signature.of("sub, start=, end=, |")),
            Map.entry("rindex", Signature.of("sub, start=, end=, |")),
            Map.entry("count", Signature.of("sub, start=, end=, |")),
            Map.entry("removeprefix", Signature.of("prefix, |")),
            Map.entry("removesuffix", Signature.of("suffix, |")),
            Map.entry("partition", Signature.of("sep, |")),
            Map.entry("rpartition", Signature.of("sep, |")),
            Map.entry("format", Signature.of("*")),
            Map.entry("format_map", Signature.of("mapping, |")),
            Map.entry("zfill", Signature.of("width, |")),
            Map.entry("center", Signature.of("width, fill=, |")),
            Map.entry("ljust", Signature.of("width, fill=, |")),
            Map.entry("rjust", Signature.of("width, fill=, |")),
            Map.entry("expandtabs", Signature.of("tabsize=")),
            Map.entry("isdigit", Signature.NONE),
            Map.entry("isdecimal", Signature.NONE),
            Map.entry("isnumeric", Signature.NONE),
            Map.entry("isalpha", Signature.NONE),
            Map.entry("isalnum", Signature.NONE),
            Map.entry("isascii", Signature.NONE),
            Map.entry("isspace", Signature.NONE),
            Map.entry("isupper", Signature.NONE),
            Map.entry("islower", Signature.NONE),
            Map.entry("istitle", Signature.NONE),
            Map.entry("isprintable", Signature.NONE),
            Map.entry("isidentifier", Signature.NONE));

    /** Methods of a safe text whose result is not marked as safe. */
    private static final Set<String> PLAIN_RESULT = Set.of("join");

    private TextMethods() {}

    /** The method of this name, or {@link Attributes#NONE}. */
    static Object of(String s, boolean markup, String name, Context context) {
        Signature signature = SIGNATURES.get(name);
        if (signature == null) {
            return Attributes.NONE;
        }
        return (Callable) (positional, named) -> {
            Object result = call(s, markup, signature.bind(name, positional, named), context);
            return markup && !PLAIN_RESULT.contains(name) ? marked(result) : result;
        };
    }

    private static Object marked(Object result) {
        return switch (result) {
            case String s -> new Markup(s);
            case Tuple tuple ->
                new Tuple(tuple.stream().map(TextMethods::marked).toList());
            case List<?> list -> {
                List<@Nullable Object> out = new java.util.ArrayList<>();
                list.forEach(item -> out.add(item instanceof String s ? new Markup(s) : item));
                yield out;
            }
            default -> result;
        };
    }

    private static Object call(String s, boolean markup, Arguments a, Context context) {
        Limits limits = context.limits;
        String name = a.what();
        if (name.startsWith("is")) {
            return TextChecks.apply(s, name, limits);
        }
        return switch (name) {
            case "strip" -> Texts.strip(s, a.get("chars"), true, true, limits);
            case "lstrip" -> Texts.strip(s, a.get("chars"), true, false, limits);
            case "rstrip" -> Texts.strip(s, a.get("chars"), false, true, limits);
            case "split" -> Splitting.split(s, a.get("sep"), a.integer("maxsplit", -1), limits);
            case "rsplit" -> Splitting.rsplit(s, a.get("sep"), a.integer("maxsplit", -1), limits);
            case "splitlines" -> Splitting.lines(s, a.flag("keepends", false), limits);
            case "startswith" -> {
                String part = within(s, a, limits);
                yield anyOf(a.get("prefix"), w -> fits(s, a, w) && part.startsWith(w), limits);
            }
            case "endswith" -> {
                String part = within(s, a, limits);
                yield anyOf(a.get("suffix"), w -> fits(s, a, w) && part.endsWith(w), limits);
            }
            case "upper" -> Texts.upper(s, limits);
            case "lower" -> Texts.lower(s, limits);
            case "title" -> Texts.title(s, limits);
            case "capitalize" -> Texts.capitalize(s, limits);
            case "casefold" -> Texts.casefold(s, limits);
            case "swapcase" -> Texts.swapcase(s, limits);
            case "replace" ->
                Texts.replace(
                        s,
                        a.text("old"),
                        markup ? Html.escaped(a.get("new"), limits) : a.text("new"),
                        a.integer("count", -1),
                        limits);
            case "join" -> join(s, markup, a.get("iterable"), context);
            case "find", "rfind", "index", "rindex" -> find(s, a, limits);
            case "count" ->
                Splitting.count(within(s, a, limits), a.text("sub"), limits) - (fits(s, a, a.text("sub")) ? 0 : 1);
            case "removeprefix" ->
                s.startsWith(a.text("prefix")) ? s.substring(a.text("prefix").length()) : s;
            case "removesuffix" ->
                s.endsWith(a.text("suffix"))
                        ? s.substring(0, s.length() - a.text("suffix").length())
                        : s;
            case "partition" -> Splitting.partition(s, a.text("sep"), false, limits);
            case "rpartition" -> Splitting.partition(s, a.text("sep"), true, limits);
            case "format" -> BraceFormat.apply(s, markup, a, context);
            case "format_map" -> BraceFormat.apply(s, markup, mapped(a), context);
            case "zfill" -> Texts.zfill(s, a.integer("width", 0), limits);
            case "center", "ljust", "rjust" ->
                Texts.justify(s, name, a.integer("width", 0), a.text("fill", " "), limits);
            case "expandtabs" -> Texts.expandTabs(s, a.integer("tabsize", 8), limits);
            default -> throw new TemplateException("the method '" + name + "' is not known");
        };
    }

    private static Arguments mapped(Arguments a) {
        if (!(a.get("mapping") instanceof Dict dict)) {
            throw new TemplateException("format_map needs a dictionary");
        }
        Map<String, @Nullable Object> named = new java.util.LinkedHashMap<>();
        dict.entries().forEach(e -> {
            if (e.key() instanceof String key) {
                named.put(key, e.value());
            }
        });
        return new Arguments("format_map", List.of(), named, Map.of());
    }

    private static Object join(String separator, boolean markup, @Nullable Object iterable, Context context) {
        List<@Nullable Object> items = Elements.list(iterable, context.limits);
        items.replaceAll(i -> markup ? Html.escaped(i, context.limits) : Values.text(i));
        String joined = Texts.join(separator, items, context.limits);
        return markup ? new Markup(joined) : joined;
    }

    /** The part between {@code start} and {@code end}. */
    private static String within(String s, Arguments a, Limits limits) {
        limits.read(s.length());
        if (!a.has("start")) {
            return s;
        }
        int[] bounds = bounds(s, a);
        limits.made(Math.max(0, bounds[1] - bounds[0]));
        return bounds[0] < bounds[1] ? s.substring(bounds[0], bounds[1]) : "";
    }

    /** Whether even the empty text is found: not beyond the end, nor between bounds that cross. */
    private static boolean fits(String s, Arguments a, String wanted) {
        if (!a.has("start") || !wanted.isEmpty()) {
            return true;
        }
        long n = s.codePointCount(0, s.length());
        long start = a.get("start") == null ? 0 : a.integer("start", 0);
        start = start < 0 ? Math.max(0, start + n) : start;
        long end = a.get("end") == null ? n : a.integer("end", n);
        end = end < 0 ? Math.max(0, end + n) : Math.min(end, n);
        return start <= end;
    }

    private static int[] bounds(String s, Arguments a) {
        int n = s.codePointCount(0, s.length());
        int start = a.get("start") == null ? 0 : Methods.bound(a.integer("start", 0), n);
        int end = a.get("end") == null ? n : Methods.bound(a.integer("end", n), n);
        return new int[] {s.offsetByCodePoints(0, start), s.offsetByCodePoints(0, end)};
    }

    private static long find(String s, Arguments a, Limits limits) {
        String part = within(s, a, limits);
        String sub = a.text("sub");
        boolean last = a.what().startsWith("r");
        int at = fits(s, a, sub)
                ? last ? Search.last(part, sub, part.length(), limits) : Search.first(part, sub, 0, limits)
                : -1;
        if (at < 0 && a.what().endsWith("index")) {
            throw new TemplateException("the text does not hold what '" + a.what() + "' looks for");
        }
        int skipped = a.has("start") ? bounds(s, a)[0] : 0;
        return at < 0 ? -1 : s.codePointCount(0, skipped + at);
    }

    private static boolean anyOf(@Nullable Object wanted, Predicate<String> test, Limits limits) {
        if (wanted instanceof Tuple tuple) {
            for (Object one : tuple) {
                limits.read(Values.text(one).length());
                if (test.test(Values.text(one))) {
                    return true;
                }
            }
            return false;
        }
        limits.read(Values.text(wanted).length());
        return test.test(Values.text(wanted));
    }
}

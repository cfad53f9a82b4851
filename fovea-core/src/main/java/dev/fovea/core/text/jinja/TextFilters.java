package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Filters that make a text of a text. */
final class TextFilters {
    private static final Pattern WORD_BEGINNING = Pattern.compile("[-\\s({\\[<]+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);

    private TextFilters() {}

    static Map<String, Filter> all() {
        return Map.ofEntries(
                Map.entry("upper", Filter.of("", (v, a, c) -> each(v, c, s -> Texts.upper(s, c.limits)))),
                Map.entry("lower", Filter.of("", (v, a, c) -> each(v, c, s -> Texts.lower(s, c.limits)))),
                Map.entry("capitalize", Filter.of("", (v, a, c) -> each(v, c, s -> Texts.capitalize(s, c.limits)))),
                Map.entry("title", Filter.of("", (v, a, c) -> title(PythonText.write(v, c.limits), c))),
                Map.entry(
                        "trim",
                        Filter.of(
                                "chars=",
                                (v, a, c) -> each(v, c, s -> Texts.strip(s, a.get("chars"), true, true, c.limits)))),
                Map.entry(
                        "center",
                        Filter.of(
                                "width=",
                                (v, a, c) -> each(
                                        v, c, s -> Texts.justify(s, "center", a.integer("width", 80), " ", c.limits)))),
                Map.entry("replace", Filter.of("old, new, count=", TextFilters::replace)),
                Map.entry(
                        "string", Filter.of("", (v, a, c) -> v instanceof Markup ? v : PythonText.write(v, c.limits))),
                Map.entry("indent", Filter.of("width=, first=, blank=", TextFilters::indent)),
                Map.entry("truncate", Filter.of("length=, killwords=, end=, leeway=", TextFilters::truncate)),
                Map.entry(
                        "wordwrap",
                        Filter.of(
                                "width=, break_long_words=, wrapstring=, break_on_hyphens=",
                                (v, a, c) -> WordWrap.apply(Values.text(v), a, c.limits))),
                Map.entry("wordcount", Filter.of("", (v, a, c) -> wordCount(PythonText.write(v, c.limits), c))),
                Map.entry("format", Filter.of("*", TextFilters::format)),
                Map.entry(
                        "tojson",
                        Filter.of(
                                "ensure_ascii=, indent=, separators=, sort_keys=",
                                (v, a, c) -> PythonJson.write(v, a, c.limits))),
                Map.entry("pprint", Filter.of("", (v, a, c) -> PrettyPrint.write(v, c.limits))));
    }

    /** The operation on a text, whose result is as safe as it was. */
    private static Object each(@Nullable Object value, Context context, UnaryOperator<String> operation) {
        return value instanceof Markup m
                ? new Markup(operation.apply(m.text()))
                : operation.apply(PythonText.write(value, context.limits));
    }

    private static String title(String s, Context context) {
        context.limits.lookedAt(4L * s.length());
        StringBuilder out = new StringBuilder(s.length());
        Matcher gaps = WORD_BEGINNING.matcher(s);
        int at = 0;
        while (gaps.find()) {
            word(s.substring(at, gaps.start()), out, context.limits);
            out.append(gaps.group());
            at = gaps.end();
        }
        word(s.substring(at), out, context.limits);
        return out.toString();
    }

    private static void word(String word, StringBuilder out, Limits limits) {
        if (!word.isEmpty()) {
            int end = Character.charCount(word.codePointAt(0));
            out.append(Texts.upper(word.substring(0, end), limits)).append(Texts.lower(word.substring(end), limits));
        }
    }

    private static Object replace(@Nullable Object v, Arguments a, Context c) {
        Object count = a.get("count");
        long most = count == null ? -1 : Values.integer(count);
        Object old = a.get("old");
        Object with = a.get("new");
        if (!c.autoescape) {
            return Texts.replace(
                    PythonText.write(v, c.limits),
                    PythonText.write(old, c.limits),
                    PythonText.write(with, c.limits),
                    most,
                    c.limits);
        }
        boolean escapes = v instanceof Markup || old instanceof Markup || with instanceof Markup;
        String s = escapes ? Html.escaped(v, c.limits) : PythonText.write(v, c.limits);
        String put = escapes ? Html.escaped(with, c.limits) : PythonText.write(with, c.limits);
        String text = Texts.replace(s, PythonText.write(old, c.limits), put, most, c.limits);
        return escapes ? new Markup(text) : text;
    }

    private static Object indent(@Nullable Object v, Arguments a, Context c) {
        Object width = a.get("width", 4L);
        String pad = Values.isText(width)
                ? Values.text(width)
                : " ".repeat(Math.clamp(Values.integer(width), 0, Limits.MAX_TEXT));
        c.limits.made(pad.length());
        boolean blank = a.flag("blank", false);
        boolean markup = v instanceof Markup;
        pad = markup && width instanceof String ? Html.escape(pad, c.limits) : pad;
        List<@Nullable Object> lines = Splitting.lines(Values.text(v) + "\n", false, c.limits);
        for (int i = 1; i < lines.size(); i++) {
            String line = Values.text(lines.get(i));
            if (blank || !line.isEmpty()) {
                c.limits.made((long) pad.length() + line.length());
                lines.set(i, pad + line);
            }
        }
        String text = Texts.join("\n", lines, c.limits);
        if (a.flag("first", false)) {
            c.limits.made((long) pad.length() + text.length());
            text = pad + text;
        }
        return markup ? new Markup(text) : text;
    }

    private static Object truncate(@Nullable Object v, Arguments a, Context c) {
        String end = a.text("end", "...");
        long length = a.integer("length", 255);
        long leeway = a.get("leeway") == null ? 5 : a.integer("leeway", 5);
        int endLength = end.codePointCount(0, end.length());
        if (length < endLength || leeway < 0) {
            throw new TemplateException("'truncate' cannot cut a text to " + length + " characters");
        }
        if (v == null || Values.length(v, c.limits) <= length + leeway) {
            return v == null ? Values.text(v) : v;
        }
        String s = Values.text(v);
        c.limits.made(s.length());
        String cut = s.substring(0, s.offsetByCodePoints(0, (int) length - endLength));
        if (!a.flag("killwords", false)) {
            int space = cut.lastIndexOf(' ');
            cut = space < 0 ? cut : cut.substring(0, space);
        }
        return v instanceof Markup ? new Markup(cut + end) : cut + end;
    }

    private static long wordCount(String s, Context c) {
        c.limits.lookedAt(4L * s.length());
        return WORD.matcher(s).results().count();
    }

    private static Object format(@Nullable Object v, Arguments a, Context c) {
        if (!a.positional().isEmpty() && !a.named().isEmpty()) {
            throw new TemplateException("'format' takes values by place or by name, not both");
        }
        Object values = new Tuple(new ArrayList<>(a.positional()));
        if (!a.named().isEmpty()) {
            Dict dict = new Dict();
            a.named().forEach((name, value) -> dict.put(name, value, c.limits));
            values = dict;
        }
        String text = PercentFormat.apply(PythonText.write(v, c.limits), v instanceof Markup, values, c);
        return v instanceof Markup ? new Markup(text) : text;
    }
}

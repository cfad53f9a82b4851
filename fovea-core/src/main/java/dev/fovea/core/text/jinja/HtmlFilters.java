package dev.fovea.core.text.jinja;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters for HTML and addresses. */
final class HtmlFilters {
    private static final String UNRESERVED = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~";

    private HtmlFilters() {}

    static Map<String, Filter> all() {
        Filter escape = Filter.of("", (v, a, c) -> new Markup(Html.escaped(v, c.limits)));
        return Map.of(
                "escape", escape,
                "e", escape,
                "forceescape",
                        Filter.of("", (v, a, c) -> new Markup(Html.escape(PythonText.write(v, c.limits), c.limits))),
                "safe", Filter.of("", (v, a, c) -> new Markup(PythonText.write(v, c.limits))),
                "striptags", Filter.of("", (v, a, c) -> Html.striptags(PythonText.write(v, c.limits), c.limits)),
                "urlencode", Filter.of("", (v, a, c) -> urlencode(v, c.limits)),
                "xmlattr", Filter.of("autospace=", HtmlFilters::xmlAttributes),
                "urlize",
                        Filter.of("trim_url_limit=, nofollow=, target=, rel=, extra_schemes=", (v, a, c) -> {
                            String text = Urlize.apply(v, a, c);
                            return c.autoescape ? new Markup(text) : text;
                        }));
    }

    private static Object urlencode(@Nullable Object v, Limits limits) {
        if (Values.isText(v) || !Elements.has(v)) {
            return quote(PythonText.write(v, limits), true, limits);
        }
        Iterator<@Nullable Object> pairs =
                Elements.of(v instanceof Dict dict ? new DictView(dict, DictView.Kind.ITEMS) : v, limits);
        StringBuilder out = new StringBuilder();
        while (pairs.hasNext()) {
            List<@Nullable Object> pair = Elements.list(pairs.next(), limits);
            if (pair.size() != 2) {
                throw new TemplateException("'urlencode' needs pairs of key and value");
            }
            String key = quote(PythonText.write(pair.get(0), limits), false, limits);
            String value = quote(PythonText.write(pair.get(1), limits), false, limits);
            Limits.checkText((long) out.length() + key.length() + value.length());
            out.append(out.isEmpty() ? "" : "&").append(key).append('=').append(value);
        }
        return out.toString();
    }

    private static String quote(String s, boolean path, Limits limits) {
        limits.made(3L * s.length());
        StringBuilder out = new StringBuilder();
        for (byte b : s.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            if (UNRESERVED.indexOf(c) >= 0 || path && c == '/') {
                out.append(c);
            } else if (!path && c == ' ') {
                out.append('+');
            } else {
                out.append('%').append(Characters.hexadecimal(c, 2).toUpperCase(Locale.ROOT));
            }
        }
        return out.toString();
    }

    private static Object xmlAttributes(@Nullable Object v, Arguments a, Context c) {
        if (!(v instanceof Dict dict)) {
            throw new TemplateException("'xmlattr' needs a dictionary, not " + Values.kind(v));
        }
        StringBuilder out = new StringBuilder();
        for (Dict.Entry e : dict.entries()) {
            if (e.value() != null && !(e.value() instanceof Undefined)) {
                String key = Values.text(e.key());
                if (key.chars().anyMatch(x -> " \t\n\u000b\f\r/>=".indexOf(x) >= 0)) {
                    throw new TemplateException("the name of an attribute has a character that it cannot have");
                }
                String piece = Html.escaped(e.key(), c.limits) + "=\"" + Html.escaped(e.value(), c.limits) + "\"";
                c.limits.made(piece.length());
                Limits.checkText((long) out.length() + piece.length());
                out.append(out.isEmpty() ? "" : " ").append(piece);
            }
        }
        String text = (a.flag("autospace", true) && !out.isEmpty() ? " " : "") + out;
        return c.autoescape ? new Markup(text) : text;
    }
}

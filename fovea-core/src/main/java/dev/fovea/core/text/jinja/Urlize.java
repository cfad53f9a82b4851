package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The filter {@code urlize}: addresses in a text become links. */
final class Urlize {
    /** No honest address is longer, and matching takes a stack as deep as it is long. */
    private static final int MAX_ADDRESS = 1_000;

    private static final Pattern ADDRESS = Pattern.compile(
            "(?:(?:https?://|www\\.)(?:[\\w%-]+\\.)*+(?:[a-z]{2,63}|xn--[\\w%]{2,59})"
                    + "|(?:[\\w%-]{2,63}\\.)+(?:com|net|int|edu|gov|org|info|mil)"
                    + "|https?://(?:\\d{1,3}(?:\\.\\d{1,3}){3}|\\[(?:[\\da-f]{0,4}:){2}(?:[\\da-f]{0,4}:?){1,6}]))"
                    + "(?::\\d{1,5})?(?:[/?#]\\S*+)?",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern MAIL = Pattern.compile("\\S+@\\w[\\w.-]*\\.\\w+");
    private static final Pattern SCHEME = Pattern.compile("[\\w.+-]{2,}+:/{0,2}");
    private static final Pattern HEAD = Pattern.compile("^(?:[(<]|&lt;)++");
    private static final Pattern TAIL = Pattern.compile("(?:[)>.,\\n]|&gt;)++$");
    private static final List<List<String>> PAIRS =
            List.of(List.of("(", ")"), List.of("<", ">"), List.of("&lt;", "&gt;"));

    private final long shortest;
    private final String attributes;
    private final List<String> schemes = new ArrayList<>();
    private final Limits limits;

    private Urlize(Arguments a, Limits limits) {
        this.limits = limits;
        this.shortest = a.get("trim_url_limit") == null ? Long.MAX_VALUE : a.integer("trim_url_limit", 0);
        TreeSet<String> rel = new TreeSet<>(List.of("noopener"));
        if (a.get("rel") != null) {
            Splitting.split(a.text("rel"), null, -1, limits).forEach(word -> rel.add(Values.text(word)));
        }
        if (a.flag("nofollow", false)) {
            rel.add("nofollow");
        }
        String target = a.get("target") == null ? "" : a.text("target");
        this.attributes = " rel=\"" + Html.escape(String.join(" ", rel), limits) + "\""
                + (target.isEmpty() ? "" : " target=\"" + Html.escape(target, limits) + "\"");
        for (Object scheme : Elements.list(
                a.get("extra_schemes", List.of()) == null ? List.of() : a.get("extra_schemes", List.of()), limits)) {
            if (Values.text(scheme).length() > MAX_ADDRESS
                    || !SCHEME.matcher(Values.text(scheme)).matches()) {
                throw new TemplateException("'urlize' was given a scheme that is none");
            }
            schemes.add(Values.text(scheme));
        }
    }

    static String apply(@Nullable Object value, Arguments a, Context context) {
        Limits limits = context.limits;
        String s = Html.escaped(value, limits);
        limits.lookedAt(16L * s.length());
        Urlize urlize = new Urlize(a, limits);
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (at < s.length()) {
            boolean space = Characters.isSpace(s.charAt(at));
            int end = at;
            while (end < s.length() && Characters.isSpace(s.charAt(end)) == space) {
                end++;
            }
            String piece = s.substring(at, end);
            piece = space || piece.length() > MAX_ADDRESS ? piece : urlize.word(piece);
            limits.made(piece.length());
            Limits.checkText((long) out.length() + piece.length());
            out.append(piece);
            at = end;
        }
        return out.toString();
    }

    private String word(String word) {
        String head = "";
        String middle = word;
        String tail = "";
        Matcher m = HEAD.matcher(middle);
        if (m.find()) {
            head = m.group();
            middle = middle.substring(m.end());
        }
        m = TAIL.matcher(middle);
        if (m.find()) {
            tail = m.group();
            middle = middle.substring(0, m.start());
        }
        for (List<String> pair : PAIRS) {
            long open = Splitting.count(middle, pair.get(0), limits);
            if (open > Splitting.count(middle, pair.get(1), limits)) {
                for (long i = Math.min(open, Splitting.count(tail, pair.get(1), limits)); i > 0; i--) {
                    int end = tail.indexOf(pair.get(1)) + pair.get(1).length();
                    middle += tail.substring(0, end);
                    tail = tail.substring(end);
                }
            }
        }
        return head + link(middle) + tail;
    }

    private String link(String s) {
        if (ADDRESS.matcher(s).matches()) {
            String prefix = s.startsWith("https://") || s.startsWith("http://") ? "" : "https://";
            return "<a href=\"" + prefix + s + "\"" + attributes + ">" + shortened(s) + "</a>";
        }
        if (s.startsWith("mailto:") && MAIL.matcher(s.substring(7)).matches()) {
            return "<a href=\"" + s + "\">" + s.substring(7) + "</a>";
        }
        if (s.indexOf('@') > 0
                && !s.startsWith("www.")
                && s.indexOf(':') < 0
                && MAIL.matcher(s).matches()) {
            return "<a href=\"mailto:" + s + "\">" + s + "</a>";
        }
        String link = s;
        for (String scheme : schemes) {
            if (!link.equals(scheme) && link.startsWith(scheme)) {
                link = "<a href=\"" + link + "\"" + attributes + ">" + link + "</a>";
            }
        }
        return link;
    }

    private String shortened(String s) {
        return s.length() > shortest ? s.substring(0, (int) Math.max(0, shortest)) + "..." : s;
    }
}

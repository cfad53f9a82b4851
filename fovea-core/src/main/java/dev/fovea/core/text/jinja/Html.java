package dev.fovea.core.text.jinja;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Escaping for HTML and back. */
final class Html {
    /** The named characters that {@code striptags} turns back; the rest stay as they are. */
    private static final Map<String, String> NAMED = Map.of(
            "amp", "&", "lt", "<", "gt", ">", "quot", "\"", "apos", "'", "nbsp", "\u00a0", "copy", "©", "hellip", "…",
            "mdash", "—", "euro", "€");

    private Html() {}

    static String escape(String s, Limits limits) {
        limits.made(s.length());
        StringBuilder out = new StringBuilder(s.length());
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '\'' -> out.append("&#39;");
                case '"' -> out.append("&#34;");
                default -> out.append(c);
            }
        }
        limits.made(out.length());
        return out.toString();
    }

    /** What is written for a value where texts are escaped: a safe text as it stands, all else escaped. */
    static String escaped(@Nullable Object value, Limits limits) {
        return value instanceof Markup m ? m.text() : escape(PythonText.write(value, limits), limits);
    }

    /** Without tags and comments, white space made single, and named characters turned back. */
    static String striptags(String s, Limits limits) {
        limits.lookedAt(2L * s.length());
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (true) {
            int start = s.indexOf('<', at);
            if (start < 0) {
                break;
            }
            boolean comment = s.startsWith("<!--", start);
            int end = comment ? s.indexOf("-->", start + 4) : s.indexOf('>', start);
            if (end < 0) {
                break;
            }
            out.append(s, at, start);
            at = end + (comment ? 3 : 1);
        }
        return unescape(singleSpaced(out.append(s.substring(at)).toString()));
    }

    private static String singleSpaced(String s) {
        StringBuilder out = new StringBuilder(s.length());
        boolean space = false;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (Characters.isSpace(c)) {
                space = true;
            } else {
                out.append(space && !out.isEmpty() ? " " : "").append(c);
                space = false;
            }
        }
        return out.toString();
    }

    private static String unescape(String s) {
        StringBuilder out = new StringBuilder(s.length());
        for (int i = 0; i < s.length(); i++) {
            int end = s.charAt(i) == '&' ? entityEnd(s, i + 1) : -1;
            String character = end < 0 ? null : entity(s.substring(i + 1, end));
            if (character == null) {
                out.append(s.charAt(i));
            } else {
                out.append(character);
                i = end;
            }
        }
        return out.toString();
    }

    private static int entityEnd(String s, int from) {
        for (int i = from; i < Math.min(s.length(), from + 10); i++) {
            if (s.charAt(i) == ';') {
                return i;
            }
        }
        return -1;
    }

    private static @Nullable String entity(String name) {
        if (name.matches("#\\d{1,7}")) {
            return character(Integer.parseInt(name.substring(1)));
        }
        return name.matches("#[xX][0-9a-fA-F]{1,6}")
                ? character(Integer.parseInt(name.substring(2), 16))
                : NAMED.get(name);
    }

    private static @Nullable String character(int c) {
        return Character.isValidCodePoint(c) ? Character.toString(c) : null;
    }
}

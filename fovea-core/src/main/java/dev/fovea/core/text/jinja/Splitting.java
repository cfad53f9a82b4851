package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Texts cut into pieces, as Python's str does it. */
final class Splitting {
    private Splitting() {}

    static List<@Nullable Object> split(String s, @Nullable Object separator, long most, Limits limits) {
        List<@Nullable Object> parts = new ArrayList<>();
        if (separator == null) {
            words(s, most, parts, limits);
            return parts;
        }
        String by = nonEmpty(Values.text(separator));
        int from = 0;
        while (parts.size() != most) {
            int at = Search.first(s, by, from, limits);
            if (at < 0) {
                break;
            }
            add(parts, s.substring(from, at), limits);
            from = at + by.length();
        }
        add(parts, s.substring(from), limits);
        return parts;
    }

    private static void add(List<@Nullable Object> parts, String part, Limits limits) {
        Limits.checkList(parts.size() + 1L);
        limits.spend(4);
        limits.made(part.length());
        parts.add(part);
    }

    private static void words(String s, long most, List<@Nullable Object> parts, Limits limits) {
        limits.lookedAt(s.length());
        int at = skip(s, 0, true);
        while (at < s.length()) {
            if (parts.size() == most) {
                add(parts, Texts.strip(s.substring(at), null, false, true, limits), limits);
                return;
            }
            int end = skip(s, at, false);
            add(parts, s.substring(at, end), limits);
            at = skip(s, end, true);
        }
    }

    /** The first place from here on that is not white space, or is. */
    private static int skip(String s, int from, boolean space) {
        int at = from;
        while (at < s.length() && Characters.isSpace(s.charAt(at)) == space) {
            at++;
        }
        return at;
    }

    private static int skipBack(String s, int from, boolean space) {
        int at = from;
        while (at > 0 && Characters.isSpace(s.charAt(at - 1)) == space) {
            at--;
        }
        return at;
    }

    static List<@Nullable Object> rsplit(String s, @Nullable Object separator, long most, Limits limits) {
        if (most < 0) {
            return split(s, separator, most, limits);
        }
        List<@Nullable Object> parts = new ArrayList<>();
        if (separator == null) {
            wordsFromEnd(s, most, parts, limits);
        } else {
            String by = nonEmpty(Values.text(separator));
            int to = s.length();
            while (parts.size() != most) {
                int at = Search.last(s, by, to, limits);
                if (at < 0) {
                    break;
                }
                add(parts, s.substring(at + by.length(), to), limits);
                to = at;
            }
            add(parts, s.substring(0, to), limits);
        }
        Collections.reverse(parts);
        return parts;
    }

    private static void wordsFromEnd(String s, long most, List<@Nullable Object> parts, Limits limits) {
        limits.lookedAt(s.length());
        int end = skipBack(s, s.length(), true);
        while (end > 0) {
            if (parts.size() == most) {
                add(parts, Texts.strip(s.substring(0, end), null, true, false, limits), limits);
                return;
            }
            int begin = skipBack(s, end, false);
            add(parts, s.substring(begin, end), limits);
            end = skipBack(s, begin, true);
        }
    }

    private static String nonEmpty(String separator) {
        if (separator.isEmpty()) {
            throw new TemplateException("a text cannot be split by the empty text");
        }
        return separator;
    }

    static Tuple partition(String s, String separator, boolean last, Limits limits) {
        nonEmpty(separator);
        int at = last ? Search.last(s, separator, s.length(), limits) : Search.first(s, separator, 0, limits);
        limits.made(s.length());
        if (at < 0) {
            return last ? Tuple.of("", "", s) : Tuple.of(s, "", "");
        }
        return Tuple.of(s.substring(0, at), separator, s.substring(at + separator.length()));
    }

    /** How often one text occurs in another, without overlaps. */
    static long count(String s, String sub, Limits limits) {
        if (sub.isEmpty()) {
            limits.read(s.length());
            return s.codePointCount(0, s.length()) + 1L;
        }
        long count = 0;
        int at = Search.first(s, sub, 0, limits);
        while (at >= 0) {
            limits.step();
            count++;
            at = Search.first(s, sub, at + sub.length(), limits);
        }
        return count;
    }

    static List<@Nullable Object> lines(String s, boolean keepEnds, Limits limits) {
        limits.lookedAt(s.length());
        List<@Nullable Object> lines = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < s.length(); i++) {
            if (Characters.isLineEnd(s.charAt(i))) {
                int end = i;
                if (s.charAt(i) == '\r' && i + 1 < s.length() && s.charAt(i + 1) == '\n') {
                    i++;
                }
                add(lines, s.substring(from, keepEnds ? i + 1 : end), limits);
                from = i + 1;
            }
        }
        if (from < s.length()) {
            add(lines, s.substring(from), limits);
        }
        return lines;
    }
}

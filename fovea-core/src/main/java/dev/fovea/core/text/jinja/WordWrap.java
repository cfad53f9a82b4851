package dev.fovea.core.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The filter {@code wordwrap}: lines broken at words, as Python's textwrap does. */
final class WordWrap {
    private static final String SPACE = "[\\t\\n\\u000b\\u000c\\r ]";
    private static final String LETTER = "[^\\d\\W]";

    /** White space, dashes between words, and words, which may end at a hyphen. */
    private static final Pattern CHUNKS = Pattern.compile(
            SPACE + "+|(?<=[\\w!\"'&.,?])-{2,}(?=\\w)|[^\\t\\n\\u000b\\u000c\\r ]+?(?:"
                    + "-(?:(?<=" + LETTER + "{2}-)|(?<=" + LETTER + "-" + LETTER + "-))(?=" + LETTER + "-?" + LETTER
                    + ")"
                    + "|(?=" + SPACE + "|\\z)|(?<=[\\w!\"'&.,?])(?=-{2,}\\w))",
            Pattern.UNICODE_CHARACTER_CLASS);

    private static final Pattern WORDS = Pattern.compile(SPACE + "+|[^\\t\\n\\u000b\\u000c\\r ]+");

    private final int width;
    private final boolean breaksWords;
    private final boolean breaksAtHyphens;
    private final List<@Nullable Object> lines = new ArrayList<>();
    private final Limits limits;

    private WordWrap(Arguments a, Limits limits) {
        this.width = Math.clamp(a.integer("width", 79), 0, Limits.MAX_TEXT);
        this.breaksWords = a.flag("break_long_words", true);
        this.breaksAtHyphens = a.flag("break_on_hyphens", true);
        this.limits = limits;
    }

    static String apply(String s, Arguments a, Limits limits) {
        limits.lookedAt(8L * s.length());
        WordWrap wrap = new WordWrap(a, limits);
        String separator = a.get("wrapstring") == null ? "\n" : a.text("wrapstring");
        for (Object line : Splitting.lines(s, false, limits)) {
            int before = wrap.lines.size();
            wrap.line(Values.text(line));
            if (wrap.lines.size() == before) {
                wrap.lines.add("");
            }
        }
        return Texts.join(separator, wrap.lines, limits);
    }

    private void line(String s) {
        List<String> chunks = new ArrayList<>();
        Matcher m = (breaksAtHyphens ? CHUNKS : WORDS).matcher(s);
        while (m.find()) {
            limits.spend(2);
            chunks.add(m.group());
        }
        if (width == 0) {
            throw new TemplateException("'wordwrap' needs a width above 0");
        }
        int at = 0;
        boolean first = true;
        while (at < chunks.size()) {
            StringBuilder current = new StringBuilder();
            if (chunks.get(at).isBlank() && !first) {
                at++;
            }
            while (at < chunks.size() && length(current) + length(chunks.get(at)) <= width) {
                current.append(chunks.get(at++));
            }
            if (at < chunks.size() && length(chunks.get(at)) > width) {
                at = breakLong(chunks, at, current);
            }
            String done = trimmed(current);
            limits.spend(2);
            if (!done.isEmpty()) {
                lines.add(done);
                first = false;
            }
        }
    }

    private static int length(CharSequence s) {
        return Character.codePointCount(s, 0, s.length());
    }

    /** The last chunk is dropped if it is white space. */
    private static String trimmed(StringBuilder line) {
        int end = line.length();
        while (end > 0 && "\t\n\u000b\f\r ".indexOf(line.charAt(end - 1)) >= 0) {
            end--;
        }
        return line.substring(0, end);
    }

    private int breakLong(List<String> chunks, int at, StringBuilder current) {
        int room = width - length(current);
        if (!breaksWords) {
            if (current.isEmpty()) {
                current.append(chunks.get(at));
                return at + 1;
            }
            return at;
        }
        String chunk = chunks.get(at);
        limits.read(chunk.length());
        int end = chunk.offsetByCodePoints(0, room);
        if (breaksAtHyphens && length(chunk) > room) {
            int hyphen = chunk.lastIndexOf('-', end - 1);
            if (hyphen > 0 && chunk.substring(0, hyphen).chars().anyMatch(c -> c != '-')) {
                end = hyphen + 1;
            }
        }
        current.append(chunk, 0, end);
        chunks.set(at, chunk.substring(end));
        limits.made(chunk.length() - end);
        return at;
    }
}

package dev.fovea.core.text;

import dev.fovea.core.message.Printable;
import org.jspecify.annotations.Nullable;

/**
 * Whether a regular expression of a tokenizer can be run on any text. The engine behind it tries alternatives one after
 * the other and gives up, ending the process, after ten million steps. So only expressions are taken whose steps at
 * one place of a text grow no faster than the text: no repetition inside a repetition, no reference back, and in
 * every alternative at most one unbounded repetition, and few choices, before something that can fail.
 *
 * <p>The published tokenizers' expressions are of this kind.
 */
final class PatternCheck {
    private static final int LONGEST = 10_000;
    private static final int DEEPEST = 20;

    /** Characters of an expression once its counted repetitions are written out, as the engine does. */
    private static final int WIDEST = 10_000;

    /** Repetitions of one character up to this count are choices, not loops. */
    private static final int FEW = 64;

    /** Ways to try one place of a text, where there is no loop, and where there is one. */
    private static final int CHOICES = 100_000;

    private static final int CHOICES_IN_LOOP = 8;

    private final String pattern;
    private int at;
    private int depth;

    private PatternCheck(String pattern) {
        this.pattern = pattern;
    }

    /** What is wrong with a pattern, in words that go on after its name; null if nothing is. */
    static @Nullable String fault(String pattern) {
        return fault(pattern, true);
    }

    /**
     * The same for a pattern that may have to take at least one character.
     *
     * @param mayBeEmpty whether a match may be empty
     */
    static @Nullable String fault(String pattern, boolean mayBeEmpty) {
        if (pattern.length() > LONGEST) {
            return "is a regular expression of " + pattern.length() + " characters, more than any tokenizer's";
        }
        PatternCheck check = new PatternCheck(pattern);
        try {
            Part all = check.alternatives();
            if (check.at < pattern.length()) {
                throw new Refusal("has a ')' too many");
            }
            if (all.empty && !mayBeEmpty) {
                throw new Refusal("may match nothing at all");
            }
            return null;
        } catch (Refusal e) {
            return "is the regular expression '" + Printable.of(pattern) + "', which " + e.getMessage();
        }
    }

    private static final class Refusal extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Refusal(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * What matters of a part.
     *
     * @param loops unbounded repetitions in it; one whose turns can be cut differently counts twice
     * @param choices ways to match it, loops aside
     * @param fails whether it can fail to match
     * @param fixed whether all of its matches have one length and one way
     * @param inner of its loops, those before something in it that can fail
     * @param empty whether it may match no character
     * @param width characters that it is written out to, loops aside
     */
    private record Part(int loops, long choices, boolean fails, boolean fixed, int inner, boolean empty, long width) {
        static final Part SINGLE = new Part(0, 1, true, true, 0, false, 1);

        /** Between two characters. */
        static final Part PLACE = new Part(0, 1, true, true, 0, true, 0);

        static final Part NOTHING = new Part(0, 1, false, true, 0, true, 0);
    }

    private Part alternatives() {
        if (++depth > DEEPEST) {
            throw new Refusal("is nested deeper than any tokenizer's");
        }
        Part all = sequence();
        while (at < pattern.length() && pattern.charAt(at) == '|') {
            at++;
            Part next = sequence();
            all = new Part(
                    Math.max(all.loops, next.loops),
                    all.choices + next.choices,
                    all.fails && next.fails,
                    false,
                    Math.max(all.inner, next.inner),
                    all.empty || next.empty,
                    all.width + next.width);
        }
        depth--;
        return all;
    }

    private Part sequence() {
        int loops = 0;
        int inner = 0;
        boolean empty = true;
        long width = 0;
        long choices = 1;
        boolean fails = false;
        boolean fixed = true;
        while (at < pattern.length() && pattern.charAt(at) != '|' && pattern.charAt(at) != ')') {
            Part part = repeated(atom());
            inner = Math.max(inner, (part.fails ? loops : 0) + part.inner);
            if (inner > 1 || (part.fails && choices > (inner == 0 ? CHOICES : CHOICES_IN_LOOP))) {
                throw new Refusal("can try one place of a text in too many ways");
            }
            loops += part.loops;
            choices = Math.min(Integer.MAX_VALUE, choices * part.choices);
            fails |= part.fails;
            fixed &= part.fixed;
            empty &= part.empty;
            width += part.width;
        }
        return new Part(loops, choices, fails, fixed, inner, empty, width);
    }

    /** An atom with the quantifiers behind it. */
    private Part repeated(Part atom) {
        Part part = atom;
        boolean simple = false;
        boolean ranged = false;
        while (at < pattern.length()) {
            char c = pattern.charAt(at);
            int[] range = c == '{' ? braces() : null;
            if (c != '*' && c != '+' && c != '?' && range == null) {
                break;
            }
            at += range == null ? 1 : 0;
            if (simple && (c == '?' || c == '+')) {
                simple = false; // lazy or possessive
                continue;
            }
            if (ranged && c == '?') {
                // Lazy behind a range, optional behind a count: whichever is worse.
                part = new Part(part.loops, part.choices + 1, part.fails, false, part.inner, true, part.width);
                ranged = false;
                continue;
            }
            int low = range != null ? range[0] : c == '+' ? 1 : 0;
            int high = range != null ? range[1] : c == '?' ? 1 : Integer.MAX_VALUE;
            part = times(part, low, high);
            simple = range == null;
            ranged = range != null;
        }
        return part;
    }

    private static Part times(Part part, int low, int high) {
        boolean fails = part.fails && low > 0;
        boolean empty = part.empty || low == 0;
        if (high <= 1) {
            return new Part(
                    part.loops,
                    part.choices + 1 - low,
                    fails,
                    part.fixed && low == high,
                    part.inner,
                    empty,
                    part.width);
        }
        long width = part.width * (high == Integer.MAX_VALUE ? Math.max(1, low) : high);
        if (width > WIDEST) {
            throw new Refusal("repeats something more often than any tokenizer's");
        }
        if (part.loops > 0) {
            throw new Refusal("repeats a repetition, so that a text can make it run for ever");
        }
        if (!part.fixed && low > 1) {
            throw new Refusal("demands a choice several times, so that a text can make it run for ever");
        }
        if (!part.fixed) {
            return new Part(2, 1, fails, false, 0, empty, width);
        }
        return high > FEW && high != low
                ? new Part(1, 1, fails, false, 0, empty, width)
                : new Part(0, 1L + high - low, fails, low == high, 0, empty, width);
    }

    /** Bounds of <code>{2}</code>, <code>{2,}</code>, <code>{,3}</code> or <code>{1,3}</code>; null if the brace is itself. */
    private int @Nullable [] braces() {
        int close = pattern.indexOf('}', at);
        String inside = close < 0 ? "" : pattern.substring(at + 1, close);
        if (!inside.matches("[0-9]{1,6}(,[0-9]{0,6})?|,[0-9]{1,6}")) {
            return null;
        }
        at = close + 1;
        String[] ends = inside.split(",", -1);
        int low = ends[0].isEmpty() ? 0 : Integer.parseInt(ends[0]);
        int high = ends.length == 1 ? low : ends[1].isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(ends[1]);
        if (low > 1_000 || (high != Integer.MAX_VALUE && high > 100_000)) {
            throw new Refusal("repeats something more often than any tokenizer's");
        }
        return new int[] {low, high};
    }

    private Part atom() {
        char c = pattern.charAt(at++);
        return switch (c) {
            case '(' -> group();
            case '[' -> {
                characterClass();
                yield Part.SINGLE;
            }
            case '\\' -> escape();
            case '^', '$' -> Part.PLACE;
            default -> {
                if (Character.isHighSurrogate(c) && at < pattern.length()) {
                    at++;
                }
                yield Part.SINGLE;
            }
        };
    }

    private Part group() {
        boolean looks = false;
        if (pattern.startsWith("?", at)) {
            at++;
            looks = pattern.startsWith("=", at)
                    || pattern.startsWith("!", at)
                    || pattern.startsWith("<=", at)
                    || pattern.startsWith("<!", at);
            int options = at;
            while (options < pattern.length() && "ims-".indexOf(pattern.charAt(options)) >= 0) {
                options++;
            }
            if (looks) {
                at += pattern.startsWith("<", at) ? 2 : 1;
            } else if (pattern.startsWith(":", at) || pattern.startsWith(">", at)) {
                at++;
            } else if (options > at && options < pattern.length() && ":)".indexOf(pattern.charAt(options)) >= 0) {
                at = options + 1;
                if (pattern.charAt(options) == ')') {
                    return Part.NOTHING;
                }
            } else {
                throw new Refusal("has a kind of group that tokenizers do not use");
            }
        }
        Part inside = alternatives();
        if (at >= pattern.length()) {
            throw new Refusal("has a '(' that is never closed");
        }
        at++;
        return looks
                ? new Part(0, inside.choices, true, true, Math.max(inside.loops, inside.inner), true, inside.width)
                : inside;
    }

    private Part escape() {
        if (at >= pattern.length()) {
            throw new Refusal("ends in a backslash");
        }
        char c = pattern.charAt(at++);
        if ((c >= '1' && c <= '9') || c == 'k' || c == 'g') {
            throw new Refusal("refers back to what it matched, so that a text can make it run for ever");
        }
        if (c == 'X' || c == 'R' || c == 'K') {
            throw new Refusal("uses '\\" + c + "', which tokenizers do not");
        }
        if ((c == 'p' || c == 'P' || c == 'x' || c == 'u') && pattern.startsWith("{", at)) {
            int close = pattern.indexOf('}', at);
            if (close < 0) {
                throw new Refusal("has a '{' that is never closed");
            }
            at = close + 1;
        }
        return "bBAzZGyY".indexOf(c) >= 0 ? Part.PLACE : Part.SINGLE;
    }

    /** Classes may hold classes and be intersected. */
    private void characterClass() {
        int start = at;
        if (++depth > DEEPEST) {
            throw new Refusal("is nested deeper than any tokenizer's");
        }
        if (pattern.startsWith("^", at)) {
            at++;
        }
        boolean first = true;
        while (at < pattern.length()) {
            char c = pattern.charAt(at++);
            if (c == ']' && !first) {
                depth--;
                return;
            }
            if (c == '\\') {
                at++;
            } else if (c == '[') {
                characterClass();
            }
            first = false;
        }
        at = start;
        throw new Refusal("has a '[' that is never closed");
    }
}

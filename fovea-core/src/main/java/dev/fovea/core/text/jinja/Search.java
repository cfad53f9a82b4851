package dev.fovea.core.text.jinja;

/** Finding a text in another, in time that grows with their lengths and not with their product. */
final class Search {
    /** Up to this length of what is sought, the plain search is linear enough. */
    private static final int SHORT = 8;

    private Search() {}

    /** Where {@code part} first begins in {@code text} from this place on, or -1; what was passed over is paid for. */
    static int first(String text, String part, int from, Limits limits) {
        boolean plain = part.length() <= SHORT;
        int at = plain ? text.indexOf(part, from) : search(text, part, from, text.length(), true);
        pay(at < 0 ? text.length() - from : at - from, part, plain, limits);
        return at;
    }

    /** Where {@code part} last begins in the first {@code to} characters of {@code text}, or -1. */
    static int last(String text, String part, int to, Limits limits) {
        boolean plain = part.length() <= SHORT;
        int at = to < part.length()
                ? -1
                : plain ? text.lastIndexOf(part, to - part.length()) : search(text, part, 0, to, false);
        pay(at < 0 ? to : to - at, part, plain, limits);
        return at;
    }

    private static void pay(int passed, String part, boolean plain, Limits limits) {
        long work = (long) passed + part.length();
        if (plain) {
            limits.read(work);
        } else {
            limits.lookedAt(work);
        }
    }

    /** The search of Knuth, Morris and Pratt, from either end. */
    private static int search(String text, String part, int from, int to, boolean forward) {
        int n = part.length();
        int[] borders = borders(part, forward);
        int matched = 0;
        for (int i = 0; i < to - from; i++) {
            char c = text.charAt(forward ? from + i : to - 1 - i);
            while (matched > 0 && c != at(part, matched, forward)) {
                matched = borders[matched - 1];
            }
            if (c == at(part, matched, forward) && ++matched == n) {
                return forward ? from + i - n + 1 : to - 1 - i;
            }
        }
        return -1;
    }

    private static char at(String part, int i, boolean forward) {
        return part.charAt(forward ? i : part.length() - 1 - i);
    }

    /** For each prefix, or suffix, the length of its longest border. */
    private static int[] borders(String part, boolean forward) {
        int[] borders = new int[part.length()];
        int matched = 0;
        for (int i = 1; i < part.length(); i++) {
            while (matched > 0 && at(part, i, forward) != at(part, matched, forward)) {
                matched = borders[matched - 1];
            }
            if (at(part, i, forward) == at(part, matched, forward)) {
                matched++;
            }
            borders[i] = matched;
        }
        return borders;
    }
}

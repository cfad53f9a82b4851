package dev.fovea.core.generate.json;

import org.jspecify.annotations.Nullable;

/**
 * The inside of a JSON string and its closing quote. Bytes make whole characters of UTF-8, and none that JSON forbids.
 *
 * @param rule what the characters must be
 * @param place how far the rule's pattern has come
 * @param count characters so far, where the rule counts them; else 0
 * @param step what the next byte belongs to
 * @param code what is known of the character that is being read
 * @param missing bytes or digits of that character that are missing
 */
record Text(Rule rule, Regex.Place place, int count, Step step, int code, int missing) implements Part.Reader {
    private static final int UNCOUNTED = Integer.MAX_VALUE;
    private static final int LAST = 0x10ffff;

    /** Characters that are written with one more behind a backslash. */
    private static final String ESCAPED = "\"\\/\b\f\n\r\t";

    /** The smallest characters that are written with so many bytes behind the first. */
    private static final int[] SMALLEST = {0, 0x80, 0x800, 0x10000};

    /** What a byte belongs to. */
    enum Step {
        /** A character begins, or the string ends. */
        FREE,
        /** A character of several bytes goes on. */
        UTF8,
        /** An escape: the character behind the backslash. */
        ESCAPE,
        /** The digits of an escape. */
        HEX
    }

    /**
     * What a string must be.
     *
     * @param least characters
     * @param most characters
     * @param pattern that the characters follow, or null for any
     */
    record Rule(int least, int most, @Nullable Regex pattern) {
        static final Rule ANY = new Rule(0, UNCOUNTED, null);

        static Rule of(int least, int most) {
            return new Rule(least, most < 0 ? UNCOUNTED : most, null);
        }

        boolean counts() {
            return least > 0 || most < UNCOUNTED;
        }
    }

    static Text of(Rule rule) {
        Regex pattern = rule.pattern;
        return new Text(rule, pattern == null ? Regex.Place.NONE : pattern.start(), 0, Step.FREE, 0, 0);
    }

    @Override
    public int cost() {
        return 1 + place.states().length / 4;
    }

    @Override
    public Part.@Nullable Reader read(int value) {
        return switch (step) {
            case FREE -> begin(value);
            case UTF8 -> goOn(value);
            case ESCAPE -> escaped(value);
            case HEX -> digit(value);
        };
    }

    private Part.@Nullable Reader begin(int value) {
        if (value == '"') {
            Regex pattern = rule.pattern;
            boolean whole = count >= rule.least && (pattern == null || pattern.accepts(place));
            return whole ? DONE : null;
        }
        if (count >= rule.most || value < 0x20) {
            return null;
        }
        if (value == '\\') {
            Regex pattern = rule.pattern;
            boolean possible = pattern == null || ESCAPED.chars().anyMatch(c -> pattern.mayRead(place, c, c));
            return possible ? new Text(rule, place, count, Step.ESCAPE, 0, 0) : null;
        }
        if (value < 0x80) {
            return character(value);
        }
        int bytes = value < 0xc2 || value > 0xf4 ? 0 : value < 0xe0 ? 1 : value < 0xf0 ? 2 : 3;
        return bytes == 0
                ? null
                : checked(new Text(rule, place, count, Step.UTF8, value & (0x3f >> bytes), bytes), SMALLEST[bytes]);
    }

    private Part.@Nullable Reader goOn(int value) {
        if ((value & 0xc0) != 0x80) {
            return null;
        }
        int more = code << 6 | (value & 0x3f);
        return missing == 1
                ? character(more)
                : checked(new Text(rule, place, count, Step.UTF8, more, missing - 1), SMALLEST[missing]);
    }

    /**
     * Refuses forms of UTF-8 that stand for no character, and characters that the pattern cannot go on with.
     *
     * @param smallest character that is written with as many bytes
     */
    private static @Nullable Text checked(Text partial, int smallest) {
        int shift = 6 * partial.missing;
        int low = partial.code << shift;
        int high = low | ((1 << shift) - 1);
        boolean surrogates = low >= 0xd800 && high <= 0xdfff;
        if (high < smallest || low > LAST || surrogates) {
            return null;
        }
        Regex pattern = partial.rule.pattern;
        boolean possible =
                pattern == null || pattern.mayRead(partial.place, Math.max(low, smallest), Math.min(high, LAST));
        return possible ? partial : null;
    }

    private Part.@Nullable Reader escaped(int value) {
        return switch (value) {
            case '"', '\\', '/' -> character(value);
            case 'b' -> character('\b');
            case 'f' -> character('\f');
            case 'n' -> character('\n');
            case 'r' -> character('\r');
            case 't' -> character('\t');
            // A pattern would have to be asked about every digit; the characters themselves can be written.
            case 'u' -> rule.pattern == null ? new Text(rule, place, count, Step.HEX, 0, 4) : null;
            default -> null;
        };
    }

    /** Halves of characters are left out: what JSON writes with two escapes can be written as it is. */
    private Part.@Nullable Reader digit(int value) {
        int digit = Character.digit(value, 16);
        if (digit < 0 || value >= 0x80) {
            return null;
        }
        int more = code << 4 | digit;
        if (missing == 3 && more >= 0xd8 && more <= 0xdf) {
            return null;
        }
        return missing == 1 ? character(more) : new Text(rule, place, count, Step.HEX, more, missing - 1);
    }

    private Part.@Nullable Reader character(int codePoint) {
        if (codePoint >= 0xd800 && codePoint <= 0xdfff) {
            return null;
        }
        Regex pattern = rule.pattern;
        Regex.Place next = pattern == null ? place : pattern.read(place, codePoint);
        if (next == null) {
            return null;
        }
        int counted = rule.counts() ? count + 1 : 0;
        return step == Step.FREE && counted == count && next == place
                ? this
                : new Text(rule, next, counted, Step.FREE, 0, 0);
    }
}

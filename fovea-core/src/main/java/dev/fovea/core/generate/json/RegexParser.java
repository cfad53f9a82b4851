package dev.fovea.core.generate.json;

import dev.fovea.core.message.Printable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * Reads the regular expressions of schemas, ECMA-262's syntax without what no automaton can do (back references, looking
 * around, word boundaries). As in JSON Schema an expression is found anywhere in a text unless it is anchored.
 */
final class RegexParser {
    private static final int MOST_STATES = 4_000;
    private static final int DEEPEST = 50;
    private static final int LAST = 0x10ffff;
    private static final int[] ANY = {0, LAST};
    private static final int[] NO_BREAK = {0, 9, 11, 12, 14, 0x2027, 0x202a, LAST};
    private static final int[] DIGITS = {'0', '9'};
    private static final int[] WORD = {'0', '9', 'A', 'Z', '_', '_', 'a', 'z'};
    private static final int[] SPACE = {
        9, 13, 32, 32, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f,
        0x3000, 0x3000, 0xfeff, 0xfeff
    };

    private final String text;
    private final Regex regex = new Regex();
    private int at;
    private int depth;

    /** Builds states that lead to a given one, and gives the first of them: expressions are built from their end. */
    private interface Piece extends IntUnaryOperator {}

    private RegexParser(String text) {
        this.text = text;
    }

    /** @throws SchemaException if the expression is not well formed or asks for what is not supported */
    static Regex parse(String text) {
        return new RegexParser(text).whole();
    }

    private Regex whole() {
        Piece all = alternatives(true);
        if (at < text.length()) {
            throw fault("has a ')' too many");
        }
        int end = regex.passing(List.of());
        regex.between(all.applyAsInt(end), end);
        return regex;
    }

    /** {@code a|b}; at the outermost level each alternative has anchors of its own. */
    private Piece alternatives(boolean outermost) {
        if (++depth > DEEPEST) {
            throw fault("is nested deeper than " + DEEPEST + " groups");
        }
        List<Piece> ways = new ArrayList<>();
        do {
            ways.add(outermost ? anchored() : sequence());
        } while (take('|'));
        depth--;
        return ways.size() == 1
                ? ways.getFirst()
                : next -> {
                    List<Integer> firsts = new ArrayList<>();
                    ways.forEach(way -> firsts.add(way.applyAsInt(next)));
                    return passing(firsts);
                };
    }

    private Piece anchored() {
        Piece before = take('^') ? next -> next : many(one(ANY), 0, -1);
        Piece middle = sequence();
        Piece behind = take('$') ? next -> next : many(one(ANY), 0, -1);
        return next -> before.applyAsInt(middle.applyAsInt(behind.applyAsInt(next)));
    }

    private Piece sequence() {
        List<Piece> pieces = new ArrayList<>();
        while (at < text.length() && text.charAt(at) != '|' && text.charAt(at) != ')') {
            if (text.charAt(at) == '$' && (at + 1 == text.length() || text.charAt(at + 1) == '|') && depth == 1) {
                break;
            }
            pieces.add(repeated(atom()));
        }
        return next -> {
            int first = next;
            for (Piece piece : pieces.reversed()) {
                first = piece.applyAsInt(first);
            }
            return first;
        };
    }

    private Piece repeated(Piece atom) {
        int least;
        int most;
        if (take('*')) {
            least = 0;
            most = -1;
        } else if (take('+')) {
            least = 1;
            most = -1;
        } else if (take('?')) {
            least = 0;
            most = 1;
        } else if (counted()) {
            at++;
            least = number();
            most = !take(',') ? least : text.charAt(at) == '}' ? -1 : number();
            if (!take('}') || (most >= 0 && most < least)) {
                throw fault("repeats something in a way that makes no sense near character " + at);
            }
        } else {
            return atom;
        }
        // Whether few or many are taken first makes no difference to what matches.
        take('?');
        if (at < text.length() && "*+?".indexOf(text.charAt(at)) >= 0) {
            throw fault("repeats a repetition near character " + at);
        }
        return many(atom, least, most);
    }

    private boolean counted() {
        return at < text.length() && text.substring(at).matches("(?s)\\{[0-9]+(,[0-9]*)?\\}.*");
    }

    private int number() {
        int value = 0;
        while (at < text.length() && Character.digit(text.charAt(at), 10) >= 0 && text.charAt(at) < 0x80) {
            value = Math.min(MOST_STATES, 10 * value + text.charAt(at++) - '0');
        }
        return value;
    }

    /** @param most -1 for any number */
    private Piece many(Piece piece, int least, int most) {
        return next -> {
            int first;
            if (most < 0) {
                List<Integer> ways = new ArrayList<>();
                first = passing(ways);
                ways.add(piece.applyAsInt(first));
                ways.add(next);
            } else {
                first = next;
                for (int i = least; i < most; i++) {
                    first = passing(List.of(piece.applyAsInt(first), next));
                }
            }
            for (int i = 0; i < least; i++) {
                first = piece.applyAsInt(first);
            }
            return first;
        };
    }

    private Piece one(int[] ranges) {
        return next -> {
            checkSize();
            return regex.reading(ranges, next);
        };
    }

    private int passing(List<Integer> ways) {
        checkSize();
        return regex.passing(ways);
    }

    private void checkSize() {
        if (regex.size() >= MOST_STATES) {
            throw fault("repeats too much: it would take more than " + MOST_STATES + " states");
        }
    }

    private Piece atom() {
        char c = text.charAt(at);
        switch (c) {
            case '(' -> {
                at++;
                if (take('?') && !take(':')) {
                    throw fault("looks around or names a group, which is not supported");
                }
                Piece inner = alternatives(false);
                if (!take(')')) {
                    throw fault("has a '(' that is not closed");
                }
                return inner;
            }
            case '[' -> {
                at++;
                return one(set());
            }
            case '.' -> {
                at++;
                return one(NO_BREAK);
            }
            case '\\' -> {
                return one(escape(false));
            }
            case '^', '$' -> throw fault("is anchored in its middle, which is not supported");
            case '*', '+', '?' -> throw fault("repeats nothing near character " + at);
            default -> {
                int point = text.codePointAt(at);
                at += Character.charCount(point);
                return one(new int[] {point, point});
            }
        }
    }

    private int[] set() {
        boolean not = take('^');
        List<int[]> ranges = new ArrayList<>();
        while (!take(']')) {
            int[] first = member();
            boolean range = at + 1 < text.length() && text.charAt(at) == '-' && text.charAt(at + 1) != ']';
            if (range && first.length == 2 && first[0] == first[1]) {
                at++;
                int[] last = member();
                if (last.length != 2 || last[0] != last[1] || last[0] < first[0]) {
                    throw fault("has a range of characters that makes no sense near character " + at);
                }
                first = new int[] {first[0], last[0]};
            }
            ranges.add(first);
        }
        int[] all = joined(ranges.stream().flatMapToInt(Arrays::stream).toArray());
        int[] wanted = not ? others(all) : all;
        if (wanted.length == 0) {
            throw fault("has a set without a character");
        }
        return wanted;
    }

    private int[] member() {
        if (at >= text.length()) {
            throw fault("has a '[' that is not closed");
        }
        if (text.charAt(at) == '\\') {
            return escape(true);
        }
        int point = text.codePointAt(at);
        at += Character.charCount(point);
        return new int[] {point, point};
    }

    private int[] escape(boolean inSet) {
        at++;
        if (at >= text.length()) {
            throw fault("ends with a backslash");
        }
        char c = text.charAt(at++);
        return switch (c) {
            case 'd' -> DIGITS;
            case 'D' -> others(DIGITS);
            case 'w' -> WORD;
            case 'W' -> others(WORD);
            case 's' -> SPACE;
            case 'S' -> others(SPACE);
            case 'n' -> single('\n');
            case 'r' -> single('\r');
            case 't' -> single('\t');
            case 'f' -> single('\f');
            case 'v' -> single('\u000b');
            case '0' -> single(0);
            case 'x' -> single(hex(2));
            case 'u' -> single(hex(4));
            case 'b' -> {
                if (inSet) {
                    yield single('\b');
                }
                throw fault("asks for a word boundary, which is not supported");
            }
            default -> {
                if (Character.isLetterOrDigit(c)) {
                    throw fault("has the escape '\\" + Printable.of(c) + "', which is not supported");
                }
                yield single(c);
            }
        };
    }

    private int hex(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = at < text.length() ? Character.digit(text.charAt(at++), 16) : -1;
            if (digit < 0) {
                throw fault("has an escape without its " + digits + " digits");
            }
            value = value << 4 | digit;
        }
        return value;
    }

    private static int[] single(int character) {
        return new int[] {character, character};
    }

    /** The same ranges, ascending and without overlaps. */
    private static int[] joined(int[] ranges) {
        List<int[]> pairs = new ArrayList<>();
        for (int i = 0; i < ranges.length; i += 2) {
            pairs.add(new int[] {ranges[i], ranges[i + 1]});
        }
        pairs.sort(Comparator.comparingInt(p -> p[0]));
        List<int[]> out = new ArrayList<>();
        for (int[] pair : pairs) {
            if (!out.isEmpty() && pair[0] <= out.getLast()[1] + 1) {
                out.getLast()[1] = Math.max(out.getLast()[1], pair[1]);
            } else {
                out.add(pair);
            }
        }
        return out.stream().flatMapToInt(Arrays::stream).toArray();
    }

    private static int[] others(int[] ranges) {
        List<Integer> out = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < ranges.length; i += 2) {
            if (ranges[i] > from) {
                out.add(from);
                out.add(ranges[i] - 1);
            }
            from = ranges[i + 1] + 1;
        }
        if (from <= LAST) {
            out.add(from);
            out.add(LAST);
        }
        return out.stream().mapToInt(Integer::intValue).toArray();
    }

    private boolean take(char c) {
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    private SchemaException fault(String what) {
        return new SchemaException("The pattern '" + Printable.of(text) + "' of the schema " + what + ".");
    }
}

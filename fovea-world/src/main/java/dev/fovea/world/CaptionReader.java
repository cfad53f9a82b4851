package dev.fovea.world;

import dev.fovea.world.CaptionWords.Role;
import dev.fovea.world.CaptionWords.Word;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads which objects a caption in plain English says are there: "two red stars and a blue ring with the digit 7" are two
 * red stars and a blue ring. What is denied ("no circle"), written on an object, or part of the background is not among
 * them; what is named a second time with a definite article is not counted again.
 *
 * <p>It knows the words of {@link CaptionWords} and nothing of others, so a text about things that the world could not show
 * is read as naming nothing.
 */
public final class CaptionReader {
    private static final Pattern TOKENS = Pattern.compile("[\\p{L}]+(?:['’][\\p{L}]+)?|\\d+|&|[.,:;!?()\\n]");
    private static final Pattern QUOTED = Pattern.compile("[\"“][^\"”]{0,40}[\"”]|(?<!\\p{L})'[^']{1,20}'(?!\\p{L})");

    private final List<Token> tokens = new ArrayList<>();
    private final List<Named> named = new ArrayList<>();
    private final List<Phrase> waiting = new ArrayList<>();
    private Phrase phrase = new Phrase();

    /** What "is red" or "it" would speak of. */
    private @Nullable Named subject;

    private @Nullable Named last;
    /** Whether colours that come now are what "is" says of something. */
    private boolean predicate;

    private Denial denial = Denial.NONE;

    /** How far "no" reaches: over its own noun, and over a list that goes on without an article or a number. */
    private enum Denial {
        NONE,
        OWN,
        LIST
    }

    private record Token(String text, Word word, int start, int end) {}

    /** A noun phrase before its noun has come. */
    private static final class Phrase {
        private int count;
        private boolean definite;
        private boolean begun;
        private boolean either;
        private int gap;

        /** "one of the stars": what is said of it is not said of all. */
        private boolean part;

        private final List<Token> colours = new ArrayList<>();
        private @Nullable Shape like;

        boolean open() {
            return begun || count > 0 || !colours.isEmpty();
        }
    }

    /** A mention whose colour may still be told. */
    private static final class Named {
        private @Nullable Colour colour;
        private final @Nullable Shape shape;
        private boolean foreign;
        private final int count;
        private final boolean definite;
        private final int start;
        private final int end;

        Named(
                @Nullable Colour colour,
                @Nullable Shape shape,
                boolean foreign,
                int count,
                boolean definite,
                Token noun) {
            this.colour = colour;
            this.shape = shape;
            this.foreign = foreign;
            this.count = count;
            this.definite = definite;
            this.start = noun.start;
            this.end = noun.end;
        }
    }

    private CaptionReader(String caption) {
        String plain =
                QUOTED.matcher(caption).replaceAll(m -> "q".repeat(m.group().length()));
        Matcher matcher = TOKENS.matcher(plain);
        while (matcher.find()) {
            String text = matcher.group();
            Word word = CaptionWords.of(text.toLowerCase(Locale.ROOT).replace('’', '\''));
            tokens.add(new Token(text, word, matcher.start(), matcher.end()));
        }
    }

    /** What a caption says is there, in the order in which it says so. */
    public static List<Mention> read(String caption) {
        CaptionReader reader = new CaptionReader(caption);
        for (int i = 0; i < reader.tokens.size(); i++) {
            i = reader.take(i);
        }
        reader.close();
        return reader.mentions();
    }

    /** Takes a token, and those that belong to it; returns the last one taken. */
    private int take(int i) {
        Token token = tokens.get(i);
        switch (token.word.role()) {
            case COLOUR -> phrase.colours.add(token);
            case NOUN, SHAPED -> {
                return shape(i);
            }
            case GENERIC -> noun(token, null);
            case COUNT -> count(i);
            case ARTICLE, DEFINITE -> article(i);
            case NEGATION -> {
                close();
                denial = Denial.OWN;
            }
            case AND -> join(false);
            case OR -> join(true);
            case COPULA -> copula();
            case PRONOUN -> {
                close();
                subject = last;
            }
            case LABEL -> {
                close();
                return i + written(i);
            }
            case ADJECTIVE, SHAPED_LIKE -> {}
            case SCENERY -> drop();
            case OTHER -> other(token);
        }
        return i;
    }

    /** A shape is the noun of its phrase, unless another noun follows: "star shaped sign", "diamond ring". */
    private int shape(int i) {
        Token token = tokens.get(i);
        if (token.text.equalsIgnoreCase("plus") && !phrase.open()) {
            join(false);
            return i;
        }
        if (token.text.equalsIgnoreCase("plus") && roleAt(i + 1) == Role.NOUN) {
            noun(token, Shape.CROSS); // "plus sign"
            return i + 1;
        }
        Role next = roleAt(i + 1);
        boolean like = next == Role.SHAPED_LIKE;
        Role behind = like ? roleAt(i + 2) : next;
        boolean another = behind == Role.GENERIC
                || (behind == Role.NOUN
                        && !tokens.get(like ? i + 2 : i + 1).text.equalsIgnoreCase("plus"));
        boolean modifies = token.word.number() < 2 && (like || another || token.word.role() == Role.SHAPED);
        if (modifies) {
            phrase.like = token.word.shape();
            phrase.begun = true;
        } else if (next == Role.SCENERY) {
            drop();
        } else {
            noun(token, token.word.shape());
        }
        return like ? i + 1 : i;
    }

    private Role roleAt(int i) {
        return i < tokens.size() ? tokens.get(i).word.role() : Role.OTHER;
    }

    private void count(int i) {
        Token token = tokens.get(i);
        if (token.text.equalsIgnoreCase("one") && phrase.open()) {
            noun(token, null); // "the red one"
            return;
        }
        if (isWritten(i)) {
            return;
        }
        boolean definite = phrase.definite && phrase.colours.isEmpty();
        if (phrase.begun && phrase.colours.isEmpty() && phrase.gap == 0) {
            phrase = new Phrase(); // "the two", "a couple"
        } else {
            next();
        }
        phrase.count = token.word.number();
        phrase.definite = definite;
    }

    private void article(int i) {
        if (isWritten(i)) {
            return;
        }
        boolean part = phrase.count > 0 && i > 0 && tokens.get(i - 1).text.equalsIgnoreCase("of");
        next();
        phrase.begun = true;
        phrase.definite = tokens.get(i).word.role() == Role.DEFINITE;
        phrase.part = part;
        subject = null;
    }

    /** Whether an "A" or a number is a glyph: "with A on it". */
    private boolean isWritten(int i) {
        Token token = tokens.get(i);
        boolean glyph = token.text.equals("A") || Character.isDigit(token.text.charAt(0));
        return glyph && i + 1 < tokens.size() && tokens.get(i + 1).text.equalsIgnoreCase("on");
    }

    /** Another phrase begins; one that had colours may share its noun: "a red and a blue star". */
    private void next() {
        if (predicate) {
            close();
        } else if (!phrase.colours.isEmpty() && phrase.gap == 0) {
            waiting.add(phrase);
        }
        phrase = new Phrase();
        if (denial == Denial.LIST) {
            denial = Denial.NONE;
        }
    }

    private void join(boolean either) {
        if (phrase.colours.isEmpty() || phrase.gap > 0) {
            close();
        } else {
            phrase.either |= either;
        }
        if (either && denial == Denial.LIST) {
            denial = Denial.OWN; // "no star or a heart"
        }
    }

    private void copula() {
        close();
        predicate = subject != null;
    }

    /** How many tokens to leave out behind a word such as "letter". */
    private int written(int i) {
        String next = i + 1 < tokens.size() ? tokens.get(i + 1).text : "";
        return switch (next) {
            case "of", ".", ",", "" -> 0;
            case ":" -> 2;
            default -> 1;
        };
    }

    private void other(Token token) {
        if (!Character.isLetterOrDigit(token.text.charAt(0))) {
            punctuation(token.text);
        } else if ((phrase.open() || denial == Denial.OWN) && phrase.gap == 0) {
            phrase.gap = 1; // "a lovely star", "no visible star"
        } else {
            close();
            subject = null;
            denial = Denial.NONE;
        }
    }

    private void punctuation(String mark) {
        boolean comma = mark.equals(",");
        if (comma && !phrase.colours.isEmpty() && phrase.gap == 0) {
            return; // "a small, red star" and "red, blue and green stars"
        }
        close();
        waiting.clear();
        if (!comma) {
            subject = null;
            denial = Denial.NONE;
        }
    }

    /** A phrase that has found its noun. */
    private void noun(Token token, @Nullable Shape shape) {
        boolean generic = token.word.role() != Role.NOUN;
        Shape named = shape == null ? phrase.like : shape;
        boolean foreign = !generic && token.word.shape() == null;
        if (denial == Denial.NONE) {
            waiting.forEach(w -> add(w, token, named, foreign, w.count > 1));
            add(phrase, token, named, foreign, token.word.number() > 1);
        } else {
            denial = Denial.LIST;
        }
        waiting.clear();
        if (phrase.part) {
            subject = null;
        }
        phrase = new Phrase();
        predicate = false;
    }

    private void add(Phrase p, Token noun, @Nullable Shape shape, boolean foreign, boolean plural) {
        List<Token> colours = p.colours;
        if (colours.isEmpty() && shape == null && !foreign) {
            return; // "two objects" says nothing that could be told apart
        }
        int count = p.count > 0 ? p.count : plural ? 2 : 1;
        if (colours.size() < 2 || p.either) {
            Colour colour = colours.size() == 1 ? colours.getFirst().word.colour() : null;
            boolean strange = foreign || (colours.size() == 1 && colour == null);
            name(new Named(colour, shape, strange, count, p.definite, noun));
        } else if (!plural && p.count < 2) {
            name(new Named(null, shape, true, 1, p.definite, noun)); // nothing here has two colours
        } else {
            for (Token c : colours) {
                Colour colour = c.word.colour();
                name(new Named(colour, shape, foreign || colour == null, 1, p.definite, noun));
            }
            if (p.count > colours.size()) {
                name(new Named(null, shape, foreign, p.count - colours.size(), p.definite, noun));
            }
        }
    }

    private void name(Named mention) {
        named.add(mention);
        last = mention;
        subject = mention;
    }

    /** A phrase ends without a noun: its colour may be what was said of something, as in "the star is red". */
    private void close() {
        Named about = subject;
        if (about != null
                && about.colour == null
                && !about.foreign
                && phrase.colours.size() == 1
                && !phrase.begun
                && denial == Denial.NONE) {
            about.colour = phrase.colours.getFirst().word.colour();
            about.foreign = about.colour == null;
        }
        phrase = new Phrase();
        predicate = false;
    }

    private void drop() {
        if (denial == Denial.OWN) {
            denial = Denial.LIST;
        }
        phrase = new Phrase();
        waiting.clear();
        subject = null;
        predicate = false;
    }

    /** Without what was only named again. */
    private List<Mention> mentions() {
        List<Mention> out = new ArrayList<>();
        for (int i = 0; i < named.size(); i++) {
            Named n = named.get(i);
            if (!n.definite || before(n, i) == 0) {
                out.add(new Mention(n.colour, n.shape, n.foreign, n.count, n.start, n.end));
            }
        }
        return out;
    }

    private int before(Named again, int until) {
        int before = 0;
        for (Named n : named.subList(0, until)) {
            boolean shape = again.shape == null || n.shape == again.shape;
            boolean colour = again.colour == null || n.colour == null || n.colour == again.colour;
            before += shape && colour && n.foreign == again.foreign ? n.count : 0;
        }
        return before;
    }
}

package dev.fovea.world;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The words by which a caption says what is there, with the common other words for the world's colours and shapes. */
final class CaptionWords {
    private CaptionWords() {}

    /** What a word does in a sentence. */
    enum Role {
        COLOUR,
        /** Names a shape. */
        NOUN,
        /** Stands for any object: "thing", "one". */
        GENERIC,
        /** Says a shape before its noun: "circular". */
        SHAPED,
        /** Says that the word before it is a shape: "heart-shaped". */
        SHAPED_LIKE,
        COUNT,
        /** "a", "another". */
        ARTICLE,
        /** "the", "these": what was named before, if it was. */
        DEFINITE,
        NEGATION,
        AND,
        OR,
        COPULA,
        /** "it", "which": what was named last. */
        PRONOUN,
        /** What follows is written there, or a number of a place: "letter", "row". */
        LABEL,
        /** May stand between an article and its noun and says nothing here: "small", "striped". */
        ADJECTIVE,
        /** Nothing that is counted among objects: "background", "stripes". */
        SCENERY,
        OTHER
    }

    /**
     * A word.
     *
     * @param colour of a colour; null if the world has no such one
     * @param shape of a shape; null if the world has no such one
     * @param number of a count; of a noun 1, of its plural 2
     */
    record Word(
            Role role, @Nullable Colour colour, @Nullable Shape shape, int number) {
        private static final Word NONE = new Word(Role.OTHER, null, null, 0);
    }

    private static final Map<String, Word> WORDS = new HashMap<>();

    private static final Map<String, Colour> COLOUR_NAMES = Map.of(
            "violet", Colour.PURPLE,
            "crimson", Colour.RED,
            "scarlet", Colour.RED,
            "navy", Colour.BLUE,
            "azure", Colour.BLUE,
            "golden", Colour.YELLOW,
            "rose", Colour.PINK);

    private static final Map<String, Shape> SHAPE_NAMES = Map.ofEntries(
            Map.entry("disc", Shape.CIRCLE),
            Map.entry("disk", Shape.CIRCLE),
            Map.entry("ball", Shape.CIRCLE),
            Map.entry("plus", Shape.CROSS),
            Map.entry("donut", Shape.RING),
            Map.entry("doughnut", Shape.RING),
            Map.entry("hoop", Shape.RING),
            Map.entry("rhombus", Shape.DIAMOND),
            Map.entry("lozenge", Shape.DIAMOND),
            Map.entry("crescent", Shape.MOON),
            Map.entry("signboard", Shape.SIGN));

    private static final List<String> FOREIGN_COLOURS = List.of(
            "grey",
            "gray",
            "cyan",
            "turquoise",
            "teal",
            "silver",
            "beige",
            "magenta",
            "lime",
            "olive",
            "maroon",
            "tan",
            "indigo",
            "lavender",
            "cream",
            "gold");

    private static final List<String> FOREIGN_SHAPES = List.of(
            "rectangle",
            "oval",
            "ellipse",
            "pentagon",
            "hexagon",
            "octagon",
            "trapezoid",
            "parallelogram",
            "semicircle",
            "cube",
            "cone",
            "cylinder",
            "pyramid",
            "spiral",
            "flower",
            "cloud",
            "tree",
            "house",
            "car",
            "person",
            "dog",
            "cat",
            "bird");

    static {
        Colour.ALL.forEach(c -> put(Role.COLOUR, c, null, 0, c.word()));
        COLOUR_NAMES.forEach((name, c) -> put(Role.COLOUR, c, null, 0, name));
        FOREIGN_COLOURS.forEach(name -> put(Role.COLOUR, null, null, 0, name));
        Shape.ALL.forEach(s -> noun(s, s.word(), s.plural()));
        SHAPE_NAMES.forEach((name, s) -> noun(s, name, name.endsWith("s") ? name + "es" : name + "s"));
        FOREIGN_SHAPES.forEach(name -> noun(null, name, name + "s"));
        noun(null, "person", "people");
        noun(null, "ellipse", "ellipses");
        put(Role.SHAPED, null, Shape.CIRCLE, 0, "circular", "round");
        put(Role.SHAPED, null, Shape.TRIANGLE, 0, "triangular");
        put(Role.SHAPED_LIKE, null, null, 0, "shaped");
        put(Role.GENERIC, null, null, 1, "object", "thing", "item", "shape", "figure", "symbol", "icon", "element");
        put(Role.GENERIC, null, null, 2, "objects", "things", "items", "shapes", "figures", "symbols", "ones");
        put(Role.GENERIC, null, null, 2, "icons", "elements");
        counts();
        grammar();
        plain();
    }

    private static void counts() {
        List<String> numbers = List.of(
                "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
                "twelve");
        for (int n = 0; n < numbers.size(); n++) {
            put(n == 0 ? Role.NEGATION : Role.COUNT, null, null, n, numbers.get(n));
        }
        put(Role.COUNT, null, null, 1, "single");
        put(Role.COUNT, null, null, 2, "couple", "pair", "some", "several", "many", "multiple", "few", "various");
        put(Role.COUNT, null, null, 12, "dozen");
    }

    private static void grammar() {
        put(Role.ARTICLE, null, null, 1, "a", "an", "another");
        put(Role.DEFINITE, null, null, 0, "the", "this", "these", "those", "both", "each", "every", "its", "their");
        put(
                Role.NEGATION,
                null,
                null,
                0,
                "no",
                "not",
                "without",
                "neither",
                "nor",
                "never",
                "isn't",
                "aren't",
                "lacks");
        put(Role.AND, null, null, 0, "and", "&");
        put(Role.OR, null, null, 0, "or");
        put(Role.COPULA, null, null, 0, "is", "are", "was", "were", "looks", "appears");
        put(Role.PRONOUN, null, null, 0, "it", "they", "which", "that");
        put(Role.LABEL, null, null, 0, "letter", "letters", "digit", "digits", "number", "word", "words", "text");
        put(Role.LABEL, null, null, 0, "says", "saying", "reads", "reading", "labelled", "labeled", "marked", "row");
        put(Role.LABEL, null, null, 0, "column", "written");
    }

    private static void plain() {
        put(Role.ADJECTIVE, null, null, 0, "small", "little", "tiny", "medium", "mid", "sized", "large", "big", "huge");
        put(Role.ADJECTIVE, null, null, 0, "plain", "solid", "striped", "dotted", "spotted", "polka", "patterned");
        put(Role.ADJECTIVE, null, null, 0, "textured", "checkered", "bright", "dark", "light", "pale", "deep", "vivid");
        put(Role.ADJECTIVE, null, null, 0, "shiny", "coloured", "colored", "of", "very", "more", "other", "filled");
        put(
                Role.SCENERY,
                null,
                null,
                0,
                "background",
                "backdrop",
                "sky",
                "surface",
                "ground",
                "canvas",
                "field",
                "area");
        put(
                Role.SCENERY,
                null,
                null,
                0,
                "stripe",
                "stripes",
                "dot",
                "dots",
                "spots",
                "spot",
                "line",
                "lines",
                "border");
        put(
                Role.SCENERY,
                null,
                null,
                0,
                "outline",
                "edge",
                "edges",
                "pattern",
                "texture",
                "colour",
                "colours",
                "color");
        put(
                Role.SCENERY,
                null,
                null,
                0,
                "colors",
                "tone",
                "tones",
                "shade",
                "hue",
                "picture",
                "image",
                "scene",
                "photo");
        put(Role.SCENERY, null, null, 0, "corner", "side", "half", "wall");
    }

    private static void put(
            Role role, @Nullable Colour colour, @Nullable Shape shape, int number, String... spellings) {
        for (String spelling : spellings) {
            WORDS.putIfAbsent(spelling, new Word(role, colour, shape, number));
        }
    }

    private static void noun(@Nullable Shape shape, String singular, String plural) {
        put(Role.NOUN, null, shape, 1, singular);
        put(Role.NOUN, null, shape, 2, plural);
    }

    /** What a word in lower case is; digits are counts. */
    static Word of(String word) {
        if (word.chars().allMatch(c -> c >= '0' && c <= '9')) {
            int n = word.length() > 3 ? 999 : Integer.parseInt(word);
            return new Word(n == 0 ? Role.NEGATION : Role.COUNT, null, null, n);
        }
        return WORDS.getOrDefault(word, Word.NONE);
    }
}

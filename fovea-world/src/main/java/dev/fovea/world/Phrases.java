package dev.fovea.world;

import java.util.List;

/** The wordings of questions, and articles. {@code #} stands for what the question is about, {@code @} for a second reference. */
final class Phrases {
    static final List<String> PRESENCE = List.of(
            "Is there # in the picture?",
            "Is there #?",
            "Can you see #?",
            "Does the picture show #?",
            "Do you see # in this picture?");
    static final List<String> COLOUR = List.of(
            "What colour is the #?",
            "What color is the #?",
            "Which colour does the # have?",
            "What is the color of the #?",
            "Name the colour of the #.");
    static final List<String> SHAPE = List.of(
            "What shape is the #?",
            "What is the shape of the #?",
            "Which shape does the # have?",
            "Name the shape of the #.");
    static final List<String> SHAPE_BY_TEXT =
            List.of("What shape has the # on it?", "Which shape has the # on it?", "On which shape is the #?");
    static final List<String> COUNT = List.of(
            "How many # are there?",
            "How many # do you see?",
            "How many # are in the picture?",
            "Count the #.",
            "What is the number of #?");
    static final List<String> WHERE = List.of(
            "Where is the #?",
            "Where in the picture is the #?",
            "In which part of the picture is the #?",
            "Where can you see the #?");
    static final List<String> CELL = List.of(
            "In which row and column is the #?",
            "Which row and column is the # in?",
            "Name the row and column of the #.");
    static final List<String> BOX = List.of(
            "Give the box of the #.", "What is the box of the #?", "Which box holds the #?", "Name the box of the #.");
    static final List<String> LETTER = List.of(
            "What letter is on the #?",
            "Which letter is on the #?",
            "What letter does the # have on it?",
            "Read the letter on the #.",
            "What is written on the #?");
    static final List<String> DIGIT = List.of(
            "What digit is on the #?",
            "Which digit is on the #?",
            "What digit does the # have on it?",
            "Read the digit on the #.",
            "What is written on the #?");
    static final List<String> SIGN = List.of(
            "What does the sign say?",
            "What word is on the sign?",
            "Read the sign.",
            "Which word is on the sign?",
            "What is written on the sign?");
    static final List<String> RELATION = List.of("Is the # @?", "Can you see the # @?", "Is it true that the # is @?");
    static final List<String> RELATED =
            List.of("Which shape is #?", "What shape is the object that is #?", "What is the shape of the object #?");
    static final List<String> LARGER = List.of(
            "Which is larger, the # or the @?", "Which is bigger, the # or the @?", "What is larger, the # or the @?");
    static final List<String> SMALLER =
            List.of("Which is smaller, the # or the @?", "What is smaller, the # or the @?");
    static final List<String> BIGGER_THAN = List.of(
            "Is the # bigger than the @?",
            "Is the # larger than the @?",
            "Is the size of the # more than that of the @?");
    static final List<String> SMALLER_THAN = List.of("Is the # smaller than the @?");
    static final List<String> MORE = List.of(
            "Are there more # than @?", "Do you see more # than @?", "Is the number of # larger than that of @?");
    static final List<String> SAME_COLOUR = List.of(
            "Do the # and the @ have the same colour?",
            "Are the # and the @ the same color?",
            "Is the colour of the # the same as that of the @?");
    static final List<String> SAME_SHAPE = List.of(
            "Do the # and the @ have the same shape?",
            "Are the # and the @ the same shape?",
            "Is the shape of the # the same as that of the @?");
    static final List<String> ODD_COLOUR = List.of(
            "What colour is the odd one out?",
            "What color is the odd one out?",
            "Which colour does the odd one out have?",
            "Name the colour of the odd one out.");
    static final List<String> ODD_SHAPE = List.of(
            "What shape is the odd one out?",
            "Which shape is the odd one out?",
            "What is the shape of the odd one out?",
            "Name the shape of the odd one out.");
    static final List<String> ODD_PLACE = List.of(
            "Where is the odd one out?",
            "In which part of the picture is the odd one out?",
            "Where can you see the odd one out?");

    private Phrases() {}

    /** A noun behind its article, as in "an orange star". */
    static String withArticle(String noun) {
        return ("aeiou".indexOf(noun.charAt(0)) >= 0 ? "an " : "a ") + noun;
    }

    static String fill(List<String> wordings, Dice dice, String first) {
        return dice.pick(wordings).replace("#", first);
    }

    static String fill(List<String> wordings, Dice dice, String first, String second) {
        return dice.pick(wordings).replace("#", first).replace("@", second);
    }
}

package dev.fovea.world;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says whether an answer in a model's words is right. */
public final class Grading {
    private static final double LEAST_OVERLAP = 0.5;
    private static final Pattern NUMBER = Pattern.compile("\\d+(?:\\.\\d+)?");
    private static final Pattern NOT_A_WORD = Pattern.compile("[^a-z0-9]+");
    private static final Set<String> DROPPED =
            Set.of("a", "an", "the", "it", "is", "its", "s", "there", "are", "in", "at", "of", "on", "and", "picture");
    private static final Map<String, String> SYNONYMS = Map.ofEntries(
            Map.entry("zero", "0"),
            Map.entry("one", "1"),
            Map.entry("two", "2"),
            Map.entry("three", "3"),
            Map.entry("four", "4"),
            Map.entry("five", "5"),
            Map.entry("six", "6"),
            Map.entry("center", "centre"),
            Map.entry("middle", "centre"),
            Map.entry("upper", "top"),
            Map.entry("lower", "bottom"),
            Map.entry("crescent", "moon"),
            Map.entry("rhombus", "diamond"),
            Map.entry("plus", "cross"));

    private Grading() {}

    /**
     * Whether the answer is right: equal to the answer or an accepted one once case, punctuation, articles, number
     * words and a few synonyms are levelled; for box questions, four numbers in percent whose rectangle overlaps the
     * true one by at least half of their union.
     */
    public static boolean correct(Question question, String answer) {
        Question.TrueBox box = question.box();
        if (box != null) {
            return overlap(box, answer) >= LEAST_OVERLAP;
        }
        String given = level(question.skill(), answer);
        if (given.equals(level(question.skill(), question.answer()))) {
            return true;
        }
        if (question.skill() == Skill.UNANSWERABLE && absence(answer)) {
            return true;
        }
        return question.accepted().stream().anyMatch(other -> given.equals(level(question.skill(), other)));
    }

    private static boolean absence(String answer) {
        String plain = answer.strip().toLowerCase(Locale.ROOT);
        return plain.startsWith("there is no ") || plain.startsWith("there are no ") || plain.startsWith("no such ");
    }

    private static String level(Skill skill, String answer) {
        String plain = NOT_A_WORD
                .matcher(answer.toLowerCase(Locale.ROOT))
                .replaceAll(" ")
                .strip();
        if (skill == Skill.READING) {
            return plain.replaceFirst("^(it is |it says |the )?(letter |digit |word )?", "");
        }
        List<String> words = new ArrayList<>();
        for (String word : plain.split(" ", -1)) {
            if (!DROPPED.contains(word)) {
                words.add(SYNONYMS.getOrDefault(word, word));
            }
        }
        if (words.size() > 1 && words.contains("centre")) {
            words.remove("centre");
        }
        if (words.equals(List.of("left", "top"))
                || words.equals(List.of("left", "bottom"))
                || words.equals(List.of("right", "top"))
                || words.equals(List.of("right", "bottom"))) {
            words = List.of(words.get(1), words.get(0));
        }
        return String.join(" ", words);
    }

    /** Intersection over union of the true box and the first four numbers of the answer; 0 if there are not four. */
    static double overlap(Question.TrueBox box, String answer) {
        double[] given = new double[4];
        Matcher numbers = NUMBER.matcher(answer);
        for (int i = 0; i < 4; i++) {
            if (!numbers.find()) {
                return 0;
            }
            given[i] = Double.parseDouble(numbers.group());
        }
        double width = Math.min(given[2], box.x2()) - Math.max(given[0], box.x1());
        double height = Math.min(given[3], box.y2()) - Math.max(given[1], box.y1());
        if (width <= 0 || height <= 0) {
            return 0;
        }
        double common = width * height;
        double all = (given[2] - given[0]) * (given[3] - given[1]) + (box.x2() - box.x1()) * (box.y2() - box.y1());
        return common / (all - common);
    }
}

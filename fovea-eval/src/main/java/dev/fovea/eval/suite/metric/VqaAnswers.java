package dev.fovea.eval.suite.metric;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * How VQA answers are compared: normalised (punctuation, number words, articles, contractions), then by the vote of ten
 * people (Antol et al. 2015, section 3; EvalAI's evaluation code, which lmms-eval 0.2.4 uses).
 */
public final class VqaAnswers {
    private static final String PUNCTUATION = ";/[]\"{}()=+\\_-><@`,?!";
    private static final Pattern COMMA_IN_NUMBER = Pattern.compile("(?<=\\d),+(?=\\d)");
    private static final Pattern FULL_STOP = Pattern.compile("\\.(?!\\d)");
    private static final Set<String> ARTICLES = Set.of("a", "an", "the");
    private static final int AGREEING = 3;

    private static final Map<String, String> NUMBERS = Map.ofEntries(
            Map.entry("none", "0"),
            Map.entry("zero", "0"),
            Map.entry("one", "1"),
            Map.entry("two", "2"),
            Map.entry("three", "3"),
            Map.entry("four", "4"),
            Map.entry("five", "5"),
            Map.entry("six", "6"),
            Map.entry("seven", "7"),
            Map.entry("eight", "8"),
            Map.entry("nine", "9"),
            Map.entry("ten", "10"));

    /**
     * Contractions as they should be written. Where the apostrophe was left out, or the second one of two, the word is
     * led back to this; words that are themselves English (well, were, its, ill) are not in the list.
     */
    private static final List<String> CONTRACTIONS = List.of(
            "ain't",
            "aren't",
            "can't",
            "could've",
            "couldn't",
            "couldn't've",
            "didn't",
            "doesn't",
            "don't",
            "hadn't",
            "hadn't've",
            "hasn't",
            "haven't",
            "he'd",
            "he'd've",
            "he's",
            "how'd",
            "how'll",
            "how's",
            "isn't",
            "it'd",
            "it'd've",
            "it'll",
            "ma'am",
            "mightn't",
            "mightn't've",
            "might've",
            "mustn't",
            "must've",
            "needn't",
            "not've",
            "o'clock",
            "oughtn't",
            "'ow's'at",
            "shan't",
            "she'd've",
            "should've",
            "shouldn't",
            "shouldn't've",
            "somebody'd've",
            "somebody'll",
            "somebody's",
            "someone'd",
            "someone'd've",
            "someone'll",
            "someone's",
            "something'd",
            "something'd've",
            "something'll",
            "that's",
            "there'd",
            "there'd've",
            "there're",
            "there's",
            "they'd",
            "they'd've",
            "they'll",
            "they're",
            "they've",
            "'twas",
            "wasn't",
            "we'd've",
            "we've",
            "weren't",
            "what'll",
            "what're",
            "what's",
            "what've",
            "when's",
            "where'd",
            "where's",
            "where've",
            "who'd",
            "who'd've",
            "who'll",
            "who's",
            "who've",
            "why'll",
            "why're",
            "why's",
            "won't",
            "would've",
            "wouldn't",
            "wouldn't've",
            "y'all",
            "y'all'll",
            "y'all'd've",
            "you'd",
            "you'd've",
            "you'll",
            "you're",
            "you've");

    private static final Map<String, String> SPELLINGS = spellings();

    private VqaAnswers() {}

    /** The same answer in the form in which answers are compared. */
    public static String normalise(String answer) {
        String plain = answer.toLowerCase(Locale.ROOT)
                .replace(",", "")
                .replace("?", "")
                .replace("'s", " 's")
                .strip()
                .replace('\n', ' ')
                .replace('\t', ' ')
                .strip();
        return words(punctuation(plain));
    }

    /** Punctuation and words levelled, without the first steps of {@link #normalise}: for answers that people gave. */
    public static String level(String answer) {
        return words(punctuation(answer));
    }

    /**
     * The vote: for each person, whether at least three of the <em>other</em> people gave the answer, a third of the
     * score for each; averaged over all people.
     *
     * @param answer normalised
     * @param people their answers, normalised; none gives 0
     */
    public static double vote(String answer, List<String> people) {
        long same = people.stream().filter(answer::equals).count();
        double sum = 0;
        for (String person : people) {
            long others = person.equals(answer) ? same - 1 : same;
            sum += Math.min(1, others / (double) AGREEING);
        }
        return people.isEmpty() ? 0 : sum / people.size();
    }

    /**
     * A mark beside a space goes, and so do all marks of an answer with a comma inside a number; any other mark becomes
     * a space.
     */
    private static String punctuation(String text) {
        boolean number = COMMA_IN_NUMBER.matcher(text).find();
        String out = text;
        for (int i = 0; i < PUNCTUATION.length(); i++) {
            String mark = PUNCTUATION.substring(i, i + 1);
            boolean goes = number || text.contains(mark + " ") || text.contains(" " + mark);
            out = out.replace(mark, goes ? "" : " ");
        }
        return FULL_STOP.matcher(out).replaceAll("");
    }

    private static String words(String text) {
        List<String> out = new ArrayList<>();
        for (String word : text.toLowerCase(Locale.ROOT).strip().split("\\s+", -1)) {
            String number = NUMBERS.getOrDefault(word, word);
            if (!number.isEmpty() && !ARTICLES.contains(number)) {
                out.add(SPELLINGS.getOrDefault(number, number));
            }
        }
        return String.join(" ", out);
    }

    /** Every way of leaving out one or all apostrophes, unless that is how another contraction is written. */
    private static Map<String, String> spellings() {
        Map<String, String> out = new HashMap<>();
        Set<String> right = new HashSet<>(CONTRACTIONS);
        for (String word : CONTRACTIONS) {
            List<String> wrong = new ArrayList<>(List.of(word.replace("'", "")));
            for (int at = word.indexOf('\''); at >= 0; at = word.indexOf('\'', at + 1)) {
                wrong.add(word.substring(0, at) + word.substring(at + 1));
            }
            for (String spelling : wrong) {
                if (!right.contains(spelling)) {
                    out.putIfAbsent(spelling, word);
                }
            }
        }
        out.put("somebody'd", "somebodyd");
        return Map.copyOf(out);
    }
}

package dev.fovea.eval.suite.metric;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** How the letter of a multiple-choice answer is found in what a model said. */
public final class Choices {
    private static final String LETTERS = "ABCDE";
    private static final int LONG_SENTENCE = 3;

    /** What may stand before and after a letter, in the order in which MMBench looks for it. */
    private static final String[][] FRAMES = {
        {"", "."}, {"", ","}, {"", ":"}, {"", ")"}, {"", ")."}, {"(", ")"},
        {"(", ")."}, {":", ""}, {":", ","}, {":", "."}, {":", ")"}, {":", ")."}
    };

    private static final List<String> LEADS = List.of("", "(", "option ", "the answer is ");

    private Choices() {}

    /**
     * MMBench's two steps: exactly one letter that stands as a word of its own (an A in a longer sentence may be an
     * article and does not count), or with a mark; else exactly one option whose text occurs in the answer. lmms-eval
     * would ask a judge model next; here the answer is then wrong.
     *
     * @param options letter to text
     */
    public static Optional<String> mmbench(String answer, Map<String, String> options) {
        Optional<String> letter = letter(answer);
        return letter.isPresent() ? letter : byText(answer, options);
    }

    private static Optional<String> letter(String answer) {
        List<String> words = Arrays.asList(answer.strip().split("\\s+", -1));
        List<String> bare = standing(words, "", "");
        boolean article = words.contains("A") && words.size() > LONG_SENTENCE;
        if (bare.size() == 1 && !article) {
            return Optional.of(bare.getFirst());
        }
        for (String[] frame : FRAMES) {
            List<String> framed = standing(words, frame[0], frame[1]);
            if (framed.size() == 1) {
                return Optional.of(framed.getFirst());
            }
        }
        return Optional.empty();
    }

    private static List<String> standing(List<String> words, String before, String after) {
        List<String> out = new ArrayList<>();
        for (int i = 0; i < LETTERS.length(); i++) {
            String letter = LETTERS.substring(i, i + 1);
            if (words.contains(before + letter + after)) {
                out.add(letter);
            }
        }
        return out;
    }

    private static Optional<String> byText(String answer, Map<String, String> options) {
        String said = answer.toLowerCase(Locale.ROOT);
        List<String> found = options.entrySet().stream()
                .filter(o -> said.contains(o.getValue().toLowerCase(Locale.ROOT)))
                .map(Map.Entry::getKey)
                .toList();
        return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
    }

    /** MMStar: the letter first, or behind "(", "option " or "the answer is "; in lower case, empty if there is none. */
    public static String mmstar(String answer, String target) {
        String said = answer.toLowerCase(Locale.ROOT).strip().replace('\n', ' ');
        String wanted = target.toLowerCase(Locale.ROOT).strip();
        for (String lead : LEADS) {
            if (said.startsWith(lead) && said.startsWith(wanted, lead.length())) {
                return wanted;
            }
        }
        return said.isEmpty() ? "" : said.substring(0, 1);
    }

    /**
     * ScienceQA, as LLaVA reads it and lmms-eval after it: the letter alone in either case, or a capital letter with a
     * full stop in front. Space around them does not count.
     */
    public static String scienceQa(String answer) {
        String said = answer.strip();
        boolean marked = said.length() >= 2 && Character.isUpperCase(said.charAt(0)) && said.charAt(1) == '.';
        return marked ? said.substring(0, 1) : said.length() == 1 ? said.toUpperCase(Locale.ROOT) : said;
    }

    /** SEED-Bench: the first character. */
    public static String first(String answer) {
        String said = answer.strip();
        return said.length() > 1 ? said.substring(0, 1) : said;
    }
}

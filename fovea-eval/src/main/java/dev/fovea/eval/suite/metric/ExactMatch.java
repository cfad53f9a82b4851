package dev.fovea.eval.suite.metric;

import java.util.Locale;

/** Equality without case, outer spaces and punctuation (GQA). */
public final class ExactMatch {
    private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    private ExactMatch() {}

    /** The form in which answers are compared. */
    public static String normalise(String answer) {
        StringBuilder out = new StringBuilder();
        answer.strip()
                .toLowerCase(Locale.ROOT)
                .chars()
                .filter(c -> PUNCTUATION.indexOf(c) < 0)
                .forEach(c -> out.append((char) c));
        return out.toString();
    }
}

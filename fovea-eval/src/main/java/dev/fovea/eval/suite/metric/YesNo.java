package dev.fovea.eval.suite.metric;

import dev.fovea.eval.suite.Scored;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Yes or no: how MME reads it, and POPE's figures. */
public final class YesNo {
    private static final int PREFIX = 4;

    private YesNo() {}

    /** MME: {@code yes}, {@code no} or {@code other}, from the whole answer, one letter, or its first four characters. */
    public static String mme(String answer) {
        String said = answer.toLowerCase(Locale.ROOT).strip().replace(".", "");
        if (said.length() == 1) {
            return said.equals("y") ? "yes" : said.equals("n") ? "no" : "other";
        }
        String start = said.substring(0, Math.min(PREFIX, said.length()));
        return start.contains("yes") ? "yes" : start.contains("no") ? "no" : "other";
    }

    /**
     * POPE (arXiv 2305.10355): F1 of "yes" first, then accuracy, precision, recall and the share of questions answered
     * "yes". An answer that is neither counts against accuracy only, as in lmms-eval. The yes ratio is the paper's, of
     * what the model said; lmms-eval's function of that name counts the right answers instead and is always a half.
     */
    public static Map<String, Double> pope(List<Scored> scored) {
        return new Polled(List.of()).of(scored);
    }
}

package dev.fovea.eval.speculate;

import dev.fovea.core.Answer;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.Speculation;
import java.util.ArrayList;
import java.util.List;

/** What a draft did for the answers to one kind of questions, beside the same answers without it. */
public final class DraftFigures {
    private final String suite;
    private final String draft;
    private final List<String> others = new ArrayList<>();
    private int answers;
    private long passes;
    private long tokens;
    private long guessed;
    private long accepted;
    private double plainMs;
    private double guessedMs;
    private double draftMs;
    private double plainAllMs;
    private double guessedAllMs;

    /**
     * @param suite what was asked
     * @param draft as typed
     */
    DraftFigures(String suite, String draft) {
        this.suite = suite;
        this.draft = draft;
    }

    void add(String item, Answer plain, Answer answer) {
        Speculation told = answer.speculation();
        if (told == null) {
            throw new IllegalArgumentException("Nothing was guessed for this answer");
        }
        answers++;
        int differs = difference(ids(plain), ids(answer));
        if (differs >= 0) {
            others.add(item + " at token " + differs);
        }
        passes += told.passes();
        tokens += told.tokens();
        guessed += told.guessed();
        accepted += told.accepted();
        draftMs += told.draftMs();
        plainMs += plain.timings().decodeMs();
        guessedMs += answer.timings().decodeMs();
        plainAllMs += all(plain);
        guessedAllMs += all(answer);
    }

    private static double all(Answer answer) {
        return answer.timings().encoderMs()
                + answer.timings().prefillMs()
                + answer.timings().decodeMs();
    }

    static List<Integer> ids(Answer answer) {
        return answer.tokens().stream().map(Generated.Token::id).toList();
    }

    /** The first place at which two lists are not alike; -1 if they are. */
    static int difference(List<Integer> one, List<Integer> other) {
        int shorter = Math.min(one.size(), other.size());
        for (int i = 0; i < shorter; i++) {
            if (!one.get(i).equals(other.get(i))) {
                return i;
            }
        }
        return one.size() == other.size() ? -1 : shorter;
    }

    public String suite() {
        return suite;
    }

    public String draft() {
        return draft;
    }

    public int answers() {
        return answers;
    }

    /** Answers that have the same tokens with and without the draft. */
    public int same() {
        return answers - others.size();
    }

    /** Which answers do not, and from which token on. */
    public List<String> others() {
        return List.copyOf(others);
    }

    /** Passes of the model behind the prompts. */
    public long passes() {
        return passes;
    }

    /** Tokens that one of these passes brought on average; NaN where there was none. */
    public double perPass() {
        return (double) tokens / passes;
    }

    /** The share of guesses that were right; NaN where nothing was guessed. */
    public double right() {
        return (double) accepted / guessed;
    }

    /** How many times as fast answers are decoded, behind their prompts. */
    public double decodeSpeed() {
        return plainMs / guessedMs;
    }

    /** How many times as fast questions are answered, encoder and prompt included. */
    public double speed() {
        return plainAllMs / guessedAllMs;
    }

    /** The share of the time of decoding that the draft takes. */
    public double draftShare() {
        return draftMs / guessedMs;
    }

    /** Milliseconds of decoding an answer without the draft. */
    public double plainDecodeMs() {
        return plainMs / answers;
    }

    /** The same with it. */
    public double decodeMs() {
        return guessedMs / answers;
    }
}

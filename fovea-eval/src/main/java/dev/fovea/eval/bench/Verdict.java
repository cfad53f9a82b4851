package dev.fovea.eval.bench;

/** What a contest says about a claim: told by a word and a mark, not by colour alone. */
public enum Verdict {
    HELD("held", "✓"),
    NOT_HELD("did not hold", "✗"),
    OPEN("cannot be told", "?"),
    NOT_MEASURED("not measured", "–");

    /** The most by which a score may lie below another and still be level with it: 3 points, set before any run. */
    public static final double LEVEL = 0.03;

    /** The most by which the share of tokens in a picture's lower half may exceed one half and still be even. */
    public static final double EVEN = 0.05;

    private final String words;
    private final String mark;

    Verdict(String words, String mark) {
        this.words = words;
        this.mark = mark;
    }

    public String words() {
        return words;
    }

    public String mark() {
        return mark;
    }

    /** Whether the difference lies above a bar: held if its whole interval does, not held if all of it lies below. */
    static Verdict above(Paired paired, double bar) {
        return paired.low() > bar ? HELD : paired.high() < bar ? NOT_HELD : OPEN;
    }

    /** Whether the difference lies below a bar. */
    static Verdict below(Paired paired, double bar) {
        return paired.high() < bar ? HELD : paired.low() > bar ? NOT_HELD : OPEN;
    }

    /** At least level: not held if the whole interval lies below 0, else held if all of it lies above -{@link #LEVEL}. */
    static Verdict level(Paired paired) {
        return paired.high() < 0 ? NOT_HELD : paired.low() > -LEVEL ? HELD : OPEN;
    }
}

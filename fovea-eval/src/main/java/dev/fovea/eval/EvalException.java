package dev.fovea.eval;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** Something about a data set or a folder of results that a person must put right; the message is one sentence. */
public final class EvalException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** Whose doing it is. */
    public enum Kind {
        /** A data set or file cannot be used as it is. */
        INPUT,
        /** Results cannot be written. */
        OUTPUT
    }

    private final Kind kind;

    private EvalException(Kind kind, String sentence, @Nullable Throwable cause) {
        super(sentence, cause);
        this.kind = kind;
    }

    private EvalException(Kind kind, String sentence) {
        super(sentence);
        this.kind = kind;
    }

    public static EvalException input(String sentence) {
        return new EvalException(Kind.INPUT, sentence);
    }

    public static EvalException input(String sentence, @Nullable Throwable cause) {
        return new EvalException(Kind.INPUT, sentence, cause);
    }

    public static EvalException output(String sentence) {
        return new EvalException(Kind.OUTPUT, sentence);
    }

    public static EvalException output(String sentence, Throwable cause) {
        return new EvalException(Kind.OUTPUT, sentence, cause);
    }

    public Kind kind() {
        return kind;
    }
}

package dev.fovea.cli;

import dev.fovea.core.message.Reason;
import java.io.Serial;

/** Ends a command with a sentence on standard error and an {@link ExitCode}. */
public final class CommandFailure extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final int code;

    private CommandFailure(int code, String sentence, Throwable cause) {
        super(sentence, cause);
        this.code = code;
    }

    private CommandFailure(int code, String sentence) {
        super(sentence);
        this.code = code;
    }

    public static CommandFailure usage(String sentence) {
        return new CommandFailure(ExitCode.USAGE, sentence);
    }

    /** For a failure whose message is the sentence. */
    public static CommandFailure usage(RuntimeException cause) {
        return new CommandFailure(ExitCode.USAGE, sentence(cause), cause);
    }

    public static CommandFailure input(String sentence) {
        return new CommandFailure(ExitCode.INPUT, sentence);
    }

    /** For a failure whose message is the sentence. */
    public static CommandFailure input(RuntimeException cause) {
        return new CommandFailure(ExitCode.INPUT, sentence(cause), cause);
    }

    public static CommandFailure model(String sentence) {
        return new CommandFailure(ExitCode.MODEL, sentence);
    }

    /** For a failure whose message is the sentence. */
    public static CommandFailure output(RuntimeException cause) {
        return new CommandFailure(ExitCode.OUTPUT, sentence(cause), cause);
    }

    public static CommandFailure output(String sentence, Throwable cause) {
        return new CommandFailure(ExitCode.OUTPUT, sentence, cause);
    }

    /** The message of a failure, or its name if it says nothing. */
    static String sentence(Throwable failure) {
        return Reason.of(failure);
    }

    /** One of {@link ExitCode}. */
    public int code() {
        return code;
    }
}

package dev.fovea.cli;

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

    public static CommandFailure usage(String sentence, Throwable cause) {
        return new CommandFailure(ExitCode.USAGE, sentence, cause);
    }

    public static CommandFailure input(String sentence) {
        return new CommandFailure(ExitCode.INPUT, sentence);
    }

    public static CommandFailure input(String sentence, Throwable cause) {
        return new CommandFailure(ExitCode.INPUT, sentence, cause);
    }

    public static CommandFailure model(String sentence) {
        return new CommandFailure(ExitCode.MODEL, sentence);
    }

    public static CommandFailure output(String sentence, Throwable cause) {
        return new CommandFailure(ExitCode.OUTPUT, sentence, cause);
    }

    /** One of {@link ExitCode}. */
    public int code() {
        return code;
    }
}

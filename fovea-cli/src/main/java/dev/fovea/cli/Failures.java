package dev.fovea.cli;

import dev.fovea.core.file.OutputException;
import dev.fovea.core.hub.HubException;
import dev.fovea.core.image.PictureException;
import dev.fovea.core.message.Printable;
import dev.fovea.core.message.Suggest;
import dev.fovea.core.overlay.OverlayException;
import dev.fovea.core.text.TextException;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.eval.EvalException;
import dev.fovea.train.loop.TrainingException;
import dev.fovea.world.export.ExportException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into one sentence on standard error and an exit code. */
final class Failures {
    private final Terminal terminal;
    private final boolean debug;

    Failures(Terminal terminal, boolean debug) {
        this.terminal = terminal;
        this.debug = debug;
    }

    /** Reports a failed command. */
    int report(Throwable failure) {
        return switch (failure) {
            case CommandFailure f -> say(f.code(), CommandFailure.sentence(f), f);
            case PictureException f -> say(ExitCode.INPUT, CommandFailure.sentence(f), f);
            case HubException f -> say(ExitCode.MODEL, CommandFailure.sentence(f), f);
            case CheckpointException f -> say(ExitCode.MODEL, CommandFailure.sentence(f), f);
            case TextException f -> say(ExitCode.MODEL, CommandFailure.sentence(f), f);
            case OutputException f -> say(ExitCode.OUTPUT, CommandFailure.sentence(f), f);
            case OverlayException f -> say(ExitCode.OUTPUT, CommandFailure.sentence(f), f);
            case ExportException f -> say(ExitCode.OUTPUT, CommandFailure.sentence(f), f);
            case EvalException f ->
                say(
                        f.kind() == EvalException.Kind.INPUT ? ExitCode.INPUT : ExitCode.OUTPUT,
                        CommandFailure.sentence(f),
                        f);
            case TrainingException f -> say(ExitCode.OUTPUT, CommandFailure.sentence(f), f);
            case OutOfMemoryError f ->
                say(
                        ExitCode.UNEXPECTED,
                        "there is not enough memory; use a smaller picture or model, or give Java more with"
                                + " FOVEA_JAVA_OPTIONS=-Xmx8g",
                        f);
            default ->
                say(
                        ExitCode.UNEXPECTED,
                        "unexpected error: " + describe(failure)
                                + (debug ? "" : "; run the command again with --debug and report what it prints"),
                        failure);
        };
    }

    /** Reports a command line that cannot be read. */
    int report(ParameterException failure) {
        if (failure.getCause() instanceof CommandFailure f) {
            return say(f.code(), CommandFailure.sentence(f), f);
        }
        String name = failure.getCommandLine().getCommandSpec().qualifiedName();
        String sentence = failure instanceof UnmatchedArgumentException unmatched
                ? unknown(unmatched)
                : oneLine(CommandFailure.sentence(failure));
        return say(ExitCode.USAGE, sentence + "; see '" + name + " --help'", failure);
    }

    /** What was typed that nobody knows, with the nearest name. */
    private static String unknown(UnmatchedArgumentException failure) {
        CommandSpec command = failure.getCommandLine().getCommandSpec();
        String typed = failure.getUnmatched().getFirst();
        if (failure.isUnknownOption()) {
            String option = typed.replaceFirst("=.*", "");
            return "there is no option '" + option + "'"
                    + Suggest.nearest(option, command.optionsMap().keySet());
        }
        return command.subcommands().isEmpty()
                ? "'" + typed + "' is one argument too many"
                : "there is no command '" + typed + "'"
                        + Suggest.nearest(typed, command.subcommands().keySet());
    }

    private int say(int code, String sentence, Throwable failure) {
        terminal.out().flush();
        terminal.err().println("fovea: " + oneLine(sentence));
        if (debug) {
            failure.printStackTrace(terminal.err());
        }
        return code;
    }

    private static String describe(Throwable failure) {
        String message = failure.getMessage();
        return failure.getClass().getSimpleName() + (message == null ? "" : ": " + oneLine(message));
    }

    /** Native code answers with pages; the first line says what it is about. */
    private static String oneLine(String message) {
        return Printable.sentence(message.lines().findFirst().orElse("").strip());
    }
}

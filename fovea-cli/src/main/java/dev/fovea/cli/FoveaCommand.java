package dev.fovea.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code fovea} itself: the list of commands. */
@Command(
        name = "fovea",
        description = "Vision-language models on the JVM, with every visual token spent where it matters.",
        versionProvider = Version.class,
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        sortOptions = false,
        optionListHeading = "%n@|bold Options:|@%n",
        commandListHeading = "%n@|bold Commands:|@%n",
        parameterListHeading = "%n@|bold Parameters:|@%n",
        exitCodeListHeading = "%n@|bold Exit codes:|@%n",
        exitCodeList = {
            ExitCode.OK + ":done",
            ExitCode.UNEXPECTED + ":unexpected error",
            ExitCode.USAGE + ":wrong command line",
            ExitCode.INPUT + ":unusable picture or question",
            ExitCode.MODEL + ":unusable model",
            ExitCode.OUTPUT + ":output cannot be written",
            ExitCode.INTERRUPTED + ":stopped with Ctrl-C"
        },
        footer = {"", "@|bold Example:|@", "  fovea ask docs/images/scene.png \"What is written on the sign?\"", ""})
final class FoveaCommand implements Runnable {
    /** In the order in which help lists them. */
    private static final List<Class<?>> COMMANDS = List.of(
            AskCommand.class,
            TechniquesCommand.class,
            FamiliesCommand.class,
            RandomCheckpointCommand.class,
            ClassifyCommand.class,
            EvalCommand.class,
            CompareCommand.class,
            ExplainCommand.class,
            BenchCommand.class,
            SpeculateCommand.class,
            CostCommand.class,
            TuneCommand.class,
            SteerCommand.class,
            WorldCommand.class,
            TrainCommand.class,
            PullCommand.class,
            QuantizeCommand.class,
            ModelsCommand.class,
            SpeedCommand.class,
            TimeCommand.class,
            ServeCommand.class,
            LoadCommand.class,
            McpCommand.class,
            CompletionCommand.class);

    @Spec
    CommandSpec spec;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show stack traces of failures.")
    boolean debug;

    /** The command that the first word names; all of them if it names none. */
    static List<Class<?>> meant(String... args) {
        for (Class<?> command : COMMANDS) {
            if (args.length > 0
                    && args[0].equals(command.getAnnotation(Command.class).name())) {
                return List.of(command);
            }
        }
        return COMMANDS;
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "Name a command: " + String.join(", ", spec.subcommands().keySet()));
    }
}

package dev.fovea.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** Runs one command line and gives its exit code; everything that goes wrong becomes a sentence on standard error. */
public final class Cli {
    private final Session session;

    public Cli(Session session) {
        this.session = session;
    }

    /**
     * Runs a command.
     *
     * @param args as typed, without the name of the program
     * @return one of {@link ExitCode}
     */
    public int run(String... args) {
        boolean debug = Arrays.asList(args).contains("--debug");
        Failures failures = new Failures(session.terminal(), debug);
        CommandLine line = commandLine(args);
        line.setExecutionExceptionHandler(
                (e, command, parsed) -> session.interruption().requested() ? ExitCode.INTERRUPTED : failures.report(e));
        line.setParameterExceptionHandler((e, typed) -> failures.report(e));
        try {
            int code = line.execute(args);
            return session.interruption().requested() ? ExitCode.INTERRUPTED : code;
        } catch (Error e) {
            // Memory that ran out, a library that is missing or does not fit: said like every other failure.
            return failures.report(e);
        }
    }

    /**
     * The commands that these words may mean: the one that the first word names, or all of them. Picocli takes a few
     * milliseconds to describe a command to itself; all of them are a twentieth of a question to a small model.
     *
     * @param args as typed; without any, all commands are there
     */
    CommandLine commandLine(String... args) {
        Terminal terminal = session.terminal();
        CommandLine line = new CommandLine(new FoveaCommand(), new CommandFactory(session));
        FoveaCommand.meant(args).forEach(line::addSubcommand);
        line.setColorScheme(CommandLine.Help.defaultColorScheme(terminal.colours() ? Ansi.ON : Ansi.OFF));
        line.setOut(new PrintWriter(terminal.out(), true, terminal.out().charset()));
        line.setErr(new PrintWriter(terminal.err(), true, terminal.err().charset()));
        line.setUsageHelpWidth(Math.clamp(terminal.width(), 60, 100));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setAbbreviatedOptionsAllowed(false);
        // A question may contain '@' and must not be taken for a file of arguments.
        line.setExpandAtFiles(false);
        line.registerConverter(Path.class, new PathArgument());
        NumberArguments.register(line);
        return line;
    }
}

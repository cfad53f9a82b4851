package dev.fovea.cli;

import java.io.Console;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;

/**
 * Where commands read and write.
 *
 * @param in standard input
 * @param out standard output: answers and JSON, nothing else
 * @param err standard error: progress, notes and failures
 * @param inIsTerminal whether a person types the input
 * @param outIsTerminal whether a person sees the output
 * @param errIsTerminal whether a person sees the errors
 * @param colours whether text may be coloured
 * @param width columns of the terminal, or a good width for files
 */
public record Terminal(
        InputStream in,
        PrintStream out,
        PrintStream err,
        boolean inIsTerminal,
        boolean outIsTerminal,
        boolean errIsTerminal,
        boolean colours,
        int width) {
    private static final int DEFAULT_WIDTH = 100;
    private static final int NARROWEST = 40;

    /**
     * The streams of this process. The launcher says in {@code fovea.terminals} which of them (0, 1, 2) are terminals;
     * without it all or none are.
     */
    @SuppressWarnings("SystemConsoleNull") // which console there is, and whether null, depends on jdk.console
    static Terminal ofProcess() {
        String known = System.getProperty("fovea.terminals");
        Console console = known == null ? System.console() : null;
        boolean all = console != null && console.isTerminal();
        boolean in = known == null ? all : known.contains("0");
        boolean out = known == null ? all : known.contains("1");
        boolean err = known == null ? all : known.contains("2");
        return new Terminal(
                System.in, System.out, System.err, in, out, err, out && wantsColours(System.getenv()), columns());
    }

    /** The convention of no-color.org, and terminals that cannot. */
    static boolean wantsColours(Map<String, String> environment) {
        return environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !environment.getOrDefault("TERM", "").equals("dumb");
    }

    private static int columns() {
        try {
            return Math.max(NARROWEST, Integer.parseInt(System.getenv().getOrDefault("COLUMNS", "")));
        } catch (NumberFormatException e) {
            return DEFAULT_WIDTH;
        }
    }

    /** Words of a model as a terminal may show them: without the control characters that would command it. */
    String shown(String text) {
        return outIsTerminal ? text.replaceAll("[\\p{Cc}&&[^\n\t]]", "\ufffd") : text;
    }

    /** The text in bold, where that is possible. */
    String bold(String text) {
        return colours ? "\u001b[1m" + text + "\u001b[0m" : text;
    }

    /** The text in a quiet grey, where that is possible. */
    String quiet(String text) {
        return colours ? "\u001b[2m" + text + "\u001b[0m" : text;
    }
}

package dev.fovea.cli;

import dev.fovea.core.message.Suggest;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What can be typed in a conversation besides questions. */
enum SlashCommand {
    HELP("", "lists these commands"),
    IMAGE("FILE", "shows one more picture with your next question"),
    TECHNIQUE(
            "ID[:KNOB=VALUE,...] ...",
            "spends visual tokens with these techniques from now on; 'none' for the plain model"),
    BUDGET("N|P%|full", "how many visual tokens techniques may spend from now on"),
    OVERLAY("FILE", "writes what the last answer looked at, as a PNG; with several pictures one each, numbered"),
    SAVE("FILE", "writes the conversation: as JSON if the name ends in .json, as text otherwise"),
    EXIT("", "ends the conversation, as Ctrl-D does");

    private final String argument;
    private final String help;

    SlashCommand(String argument, String help) {
        this.argument = argument;
        this.help = help;
    }

    /** As it is typed. */
    String typed() {
        return "/" + name().toLowerCase(Locale.ROOT);
    }

    /** A command with the rest of its line. */
    record Call(SlashCommand command, String argument) {}

    /** All of them, as they are typed. */
    static List<String> names() {
        return Arrays.stream(values()).map(SlashCommand::typed).toList();
    }

    /**
     * Reads a line that begins with a slash. The argument is the rest of the line, so that names of files may hold spaces
     * as they are.
     *
     * @throws IllegalArgumentException if there is no such command, or an argument that it does not take
     */
    static Call parse(String line) {
        String[] parts = line.strip().split("\\s+", 2);
        String argument = parts.length < 2 ? "" : parts[1];
        for (SlashCommand command : values()) {
            if (command.typed().equals(parts[0].toLowerCase(Locale.ROOT))) {
                if (command.argument.isEmpty() && !argument.isEmpty()) {
                    throw new IllegalArgumentException(parts[0] + " takes nothing behind it");
                }
                return new Call(command, argument);
            }
        }
        throw new IllegalArgumentException("there is no command '" + parts[0] + "'" + Suggest.nearest(parts[0], names())
                + "; /help lists them, and a question that begins with a slash needs a space before it");
    }

    /** What {@code /help} shows. */
    static void help(Terminal terminal) {
        Table table = new Table();
        for (SlashCommand command : values()) {
            table.row((command.typed() + " " + command.argument).strip(), command.help);
        }
        table.print(terminal, 2, false);
        terminal.out().println("  Anything else is a question. Ctrl-C stops an answer.");
    }
}

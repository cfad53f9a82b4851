package dev.fovea.cli;

import dev.fovea.document.Pages;
import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a command wants of the PDF documents that it is given. */
final class DocumentOptions {
    private static final int LONGEST_PASSWORD = 1_024;

    @Option(
            names = "--pages",
            paramLabel = "N,N-M",
            description = "Pages of a PDF document, for example 1,3-5 or 7- (default: all, at most 32).")
    @Nullable
    String pages;

    @Option(
            names = "--password",
            paramLabel = "FILE",
            description =
                    "The password of a PDF document, in the first line of a file (default: a terminal is asked for"
                            + " it).")
    @Nullable
    Path passwordFile;

    private @Nullable String password;

    /** @throws CommandFailure if a choice of pages is none */
    Pages pages() {
        String chosen = pages;
        if (chosen == null) {
            return Pages.all();
        }
        try {
            return Pages.parse(chosen);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage("--pages: " + CommandFailure.sentence(e));
        }
    }

    /** Whether something was said about documents. */
    boolean given() {
        return pages != null || passwordFile != null;
    }

    /**
     * The password that the file holds, or null where none was named.
     *
     * @throws CommandFailure if the file cannot be read
     */
    @Nullable
    String password() {
        Path file = passwordFile;
        if (password == null && file != null) {
            password = firstLine(file);
        }
        return password;
    }

    private static String firstLine(Path file) {
        try {
            if (Files.size(file) > LONGEST_PASSWORD) {
                throw CommandFailure.input(file + " is longer than a password; give a file with one line");
            }
            String line = Files.readString(file, StandardCharsets.UTF_8)
                    .lines()
                    .findFirst()
                    .orElse("");
            if (line.isEmpty()) {
                throw CommandFailure.input(file + " holds no password in its first line");
            }
            return line;
        } catch (IOException e) {
            throw CommandFailure.input("the password file " + file + " cannot be read; check its path");
        }
    }

    /** Asks the person for the password of a document, without showing it; null where nobody can be asked. */
    static @Nullable String ask(Terminal terminal, Path file) {
        Console console = terminal.inIsTerminal() && terminal.errIsTerminal() ? System.console() : null;
        char[] typed = console == null ? null : console.readPassword("Password of %s: ", file);
        return typed == null || typed.length == 0 ? null : new String(typed);
    }
}

package dev.fovea.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;

/** Where the questions of a conversation come from: a person with a line editor, or a pipe. */
sealed interface QuestionSource extends AutoCloseable {

    /** The next question or command, or null when there are no more. */
    @Nullable
    String next();

    @Override
    void close();

    /** What fits this terminal. */
    static QuestionSource of(Session session) {
        return session.terminal().inIsTerminal() && session.terminal().outIsTerminal()
                ? Edited.open(session.interruption())
                : Lines.of(session.terminal().in());
    }

    /** One question or command a line; empty lines are passed over. */
    record Lines(BufferedReader reader) implements QuestionSource {

        /** Those of a stream. */
        static Lines of(InputStream in) {
            return new Lines(new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)));
        }

        @Override
        public @Nullable String next() {
            try {
                String line = reader.readLine();
                while (line != null && line.isBlank()) {
                    line = reader.readLine();
                }
                return line == null ? null : line.stripTrailing();
            } catch (IOException e) {
                // Standard input is closed, or its other end went away: there are no more questions.
                return null;
            }
        }

        @Override
        public void close() {
            // Standard input is not ours to close.
        }
    }

    /**
     * A prompt with line editing, history, and completion of commands and files. Ctrl-C drops the line being typed, and
     * during an answer stops the answer; Ctrl-D and "exit" end the conversation.
     */
    final class Edited implements QuestionSource {
        private final org.jline.terminal.Terminal terminal;
        private final LineReader reader;

        Edited(org.jline.terminal.Terminal terminal) {
            this.terminal = terminal;
            this.reader = LineReaderBuilder.builder()
                    .terminal(terminal)
                    .appName("fovea")
                    .parser(new SlashParser())
                    .completer(new SlashCompleter())
                    // A question may contain '!' and backslashes.
                    .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                    .build();
        }

        static Edited open(Interruption interruption) {
            try {
                org.jline.terminal.Terminal terminal =
                        TerminalBuilder.builder().system(true).build();
                terminal.handle(org.jline.terminal.Terminal.Signal.INT, signal -> interruption.request());
                return new Edited(terminal);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public @Nullable String next() {
            while (true) {
                try {
                    String line = reader.readLine("> ").stripTrailing();
                    if (line.equals("exit") || line.equals("quit")) {
                        return null;
                    }
                    if (!line.isBlank()) {
                        return line;
                    }
                } catch (UserInterruptException e) {
                    if (e.getPartialLine() == null || e.getPartialLine().isBlank()) {
                        terminal.writer().println("/exit or Ctrl-D ends the conversation.");
                        terminal.flush();
                    }
                } catch (EndOfFileException e) {
                    return null;
                }
            }
        }

        @Override
        public void close() {
            try {
                terminal.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}

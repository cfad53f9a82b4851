package dev.fovea.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A command line that ran in this process.
 *
 * @param code its exit code
 * @param out what it printed on standard output
 * @param err what it printed on standard error
 */
record Run(int code, String out, String err) {
    private static final Path GOLDEN = Path.of("..", "fovea-core", "src", "test", "resources", "golden");

    /** A tiny checkpoint with random weights: 56-pixel pictures, 16 visual tokens, 512 tokens of context. */
    static final Path MODEL = GOLDEN.resolve("llava-mha");

    static final Path PICTURE = MODEL.resolve("images").resolve("wide.png");

    /** Pictures of every kind that people have. */
    static final Path PICTURES = GOLDEN.resolve("images").resolve("pictures");

    /** Every file of {@link #MODEL}, to be changed. */
    static Path copyOfModel(Path to) throws IOException {
        Files.createDirectory(to);
        try (Stream<Path> files = Files.list(MODEL)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        return to;
    }

    static Run of(Object... args) {
        return with("", new Interruption(), args);
    }

    static Run with(String input, Interruption interruption, Object... args) {
        return with(Map.of(), input, interruption, args);
    }

    /** With these environment variables and no others. */
    static Run in(Map<String, String> environment, Object... args) {
        return with(environment, "", new Interruption(), args);
    }

    /** With standard input of one's own. */
    static Run reading(InputStream input, Object... args) {
        return with(Map.of(), input, new Interruption(), args);
    }

    private static Run with(Map<String, String> environment, String input, Interruption interruption, Object... args) {
        InputStream in = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        return with(environment, in, interruption, args);
    }

    private static Run with(
            Map<String, String> environment, InputStream input, Interruption interruption, Object... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                input,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false,
                false,
                false,
                100);
        String[] texts = new String[args.length];
        for (int i = 0; i < args.length; i++) {
            texts[i] = args[i].toString();
        }
        int code = new Cli(new Session(terminal, interruption, Path.of("no installation"), environment)).run(texts);
        return new Run(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** Standard output as the one JSON value that it must be. */
    JsonNode json() {
        try {
            JsonNode value = new ObjectMapper()
                    .reader()
                    .with(com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .readTree(out);
            if (out.lines().count() != 1) {
                throw new AssertionError("more than one line: " + out);
            }
            return value;
        } catch (java.io.IOException e) {
            throw new AssertionError("not JSON: " + out + err, e);
        }
    }
}

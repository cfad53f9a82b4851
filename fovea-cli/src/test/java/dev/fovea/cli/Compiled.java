package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Classes that a test compiled.
 *
 * @param folder where they lie
 */
record Compiled(Path folder) {
    /** All that Fovea's modules need, and the modules themselves. */
    static final String CLASS_PATH =
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

    private static final int SECONDS = 120;

    /**
     * Compiles one file.
     *
     * @param name its path, such as {@code example/Spread.java}
     */
    static Compiled source(Path folder, String name, String code) throws IOException {
        Path file = folder.resolve("source").resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, code);
        Path classes = Files.createDirectories(folder.resolve("classes"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        Writer said = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            boolean fine = compiler.getTask(
                            said,
                            files,
                            null,
                            List.of("-proc:none", "-Xlint:all,-path", "-cp", CLASS_PATH, "-d", classes.toString()),
                            null,
                            files.getJavaFileObjects(file))
                    .call();
            assertThat(fine).as("compiles: %s", said).isTrue();
        }
        return new Compiled(classes);
    }

    /** What a Java process of its own prints on standard output; its exit code must be 0. */
    String run(Path in, List<String> options, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.awt.headless=true"));
        command.addAll(options);
        command.addAll(List.of("-cp", folder + java.io.File.pathSeparator + CLASS_PATH));
        command.addAll(List.of(arguments));
        return run(in, command, Map.of());
    }

    /** Removes links below a folder, and nothing behind them: JUnit warns of each that leads out of its own folder. */
    static void unlink(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path link : all.filter(Files::isSymbolicLink).toList()) {
                Files.delete(link);
            }
        }
    }

    /** What a process prints on standard output; its exit code must be 0. */
    static String run(Path in, List<String> command, Map<String, String> environment) throws Exception {
        Path out = Files.createTempFile("run", ".out");
        Path err = Files.createTempFile("run", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(in.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            boolean ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly();
            assertThat(ended).as("%s ends in %d seconds", command, SECONDS).isTrue();
            assertThat(process.exitValue())
                    .as("%s: %s%s", command, Files.readString(out), Files.readString(err))
                    .isZero();
            return Files.readString(out);
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }
}

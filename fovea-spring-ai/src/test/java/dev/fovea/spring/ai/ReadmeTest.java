package dev.fovea.spring.ai;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README and the page on adapters show of Spring AI, compiled and run as it stands by a Java of its own. */
class ReadmeTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().resolve("..").normalize();
    private static final int MOST_LINES = 10;

    @TempDir
    Path folder;

    private static String block(String document, String language, String word) throws Exception {
        Matcher blocks = Pattern.compile("```" + language + "\\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(ROOT.resolve(document)));
        return blocks.results()
                .map(found -> found.group(1))
                .filter(text -> text.contains(word))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theProgramRunsWithTheProperties() throws Exception {
        String program = block("README.md", "java", "dev.fovea.spring");
        assertThat(program.lines()).hasSizeLessThanOrEqualTo(MOST_LINES);
        Files.writeString(
                folder.resolve("application.properties"), block("README.md", "properties", "spring.ai.fovea"));
        assertThat(run(program)).endsWith("2, says Spring\n");
    }

    @Test
    void theProgramAboutADocumentReadsItsSign() throws Exception {
        assertThat(run(block("docs/adapters.md", "java", "DOC_PDF"))).endsWith("STOP\n");
    }

    private String run(String program) throws Exception {
        Path source = Files.writeString(folder.resolve("Example.java"), program);
        Path out = folder.resolve("out");
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        Process java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        folder + File.pathSeparator + classPath,
                        source.toString())
                .directory(ROOT.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        boolean ended = java.waitFor(5, TimeUnit.MINUTES);
        java.destroyForcibly();
        assertThat(ended).isTrue();
        return Files.readString(out);
    }
}

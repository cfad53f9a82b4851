package dev.fovea.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the page on adapters shows of LangChain4j, compiled and run as it stands by a Java of its own. */
class DocumentedTest {
    @TempDir
    Path folder;

    @Test
    void theProgramAboutADocumentReadsItsSign() throws Exception {
        Matcher program = Pattern.compile("```java\\n(import dev\\.fovea\\.langchain4j.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Peek.ROOT.resolve("docs/adapters.md")));
        assertThat(program.find()).isTrue();
        Path source = Files.writeString(folder.resolve("Example.java"), program.group(1));
        Path out = folder.resolve("out");
        Process java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        source.toString())
                .directory(Peek.ROOT.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        boolean ended = java.waitFor(5, TimeUnit.MINUTES);
        java.destroyForcibly();
        assertThat(ended).isTrue();
        assertThat(Files.readString(out)).endsWith("STOP\n");
    }
}

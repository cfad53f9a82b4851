package dev.fovea.techniques;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/write-a-technique.md compiles and does what the page says. */
class WriteATechniqueTest {
    @TempDir
    Path folder;

    @Test
    void theExampleOfTheGuideRuns() throws Exception {
        String page = Files.readString(Path.of("..", "docs", "write-a-technique.md"));
        int from = page.indexOf("```java\n") + "```java\n".length();
        String source = page.substring(from, page.indexOf("```", from));
        assertThat(source.lines().count()).as("lines of the example").isLessThan(41);

        Technique spread = compile("example.Spread", source);
        Knobs knobs = Knobs.of(spread.card(), Map.of("penalty", "0.7"));
        Step step = spread.plan(Models.LLAVA, Budget.count(2), knobs).steps().getFirst();
        // One row of four: patch 1 stands beside the best one and loses 70 % of its score.
        Outcome outcome = FakeSignals.of(Layout.ofGrid(1, 4))
                .with((Signal.EncoderAttention) step.needs().getFirst(), new float[] {0.4f, 0.3f, 0.1f, 0.2f})
                .run(step);

        assertThat(((Decision.Keep) outcome.decision()).indices()).containsExactly(0, 3);
    }

    private Technique compile(String name, String source) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        SimpleJavaFileObject unit =
                new SimpleJavaFileObject(
                        URI.create("string:///example/Spread.java"), javax.tools.JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        List<String> options = List.of("-d", folder.toString(), "-classpath", System.getProperty("java.class.path"));
        boolean compiled =
                compiler.getTask(null, null, null, options, null, List.of(unit)).call();
        assertThat(compiled).isTrue();
        try (URLClassLoader loader = new URLClassLoader(
                new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
            return (Technique) loader.loadClass(name).getDeclaredConstructor().newInstance();
        }
    }
}

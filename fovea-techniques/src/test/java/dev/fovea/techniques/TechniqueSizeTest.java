package dev.fovea.techniques;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.technique.Technique;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A technique is one class that reads like its paper: its source, card included, stays short. */
class TechniqueSizeTest {
    private static final Path SOURCES = Path.of("src", "main", "java");
    private static final int MEDIAN = 60;

    /** A text block or a string, which are kept, or a comment, which is not. */
    private static final Pattern TEXT_OR_COMMENT =
            Pattern.compile("(\"\"\".*?\"\"\"|\"(?:\\\\.|[^\"\\\\\n])*\")|/\\*.*?\\*/|//[^\n]*", Pattern.DOTALL);

    @Test
    void theMedianTechniqueIsShort() throws IOException {
        List<Technique> techniques = Models.techniques();
        int[] lines = new int[techniques.size()];
        for (int i = 0; i < lines.length; i++) {
            String name = techniques.get(i).getClass().getName();
            lines[i] = lines(Files.readString(SOURCES.resolve(name.replace('.', '/') + ".java")));
            assertThat(lines[i]).as(name).isGreaterThan(10);
        }
        Arrays.sort(lines);
        int upperMedian = lines[lines.length / 2];
        assertThat(upperMedian).as("median of %s", lines).isLessThanOrEqualTo(MEDIAN);
    }

    @Test
    void whatIsCounted() {
        assertThat(lines("""
                package a;

                import b.C;

                /** Javadoc
                 * over lines. */
                final class D { // a comment
                    /* none */
                    String url = "http://x"; // counted once
                    String card = \"""
                            id  /* no comment */
                            // nor this
                            \""";
                }
                """)).isEqualTo(8);
    }

    /** Lines that are neither blank, nor imports, nor only comment. */
    private static int lines(String source) {
        Matcher matcher = TEXT_OR_COMMENT.matcher(source);
        String code = matcher.replaceAll(m -> Matcher.quoteReplacement(m.group(1) == null ? "" : m.group(1)));
        return (int) code.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("import "))
                .count();
    }
}

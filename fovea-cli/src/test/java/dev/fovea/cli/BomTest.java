package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The bill of materials stands by itself, so that nothing but these lines keeps it and the build together. */
class BomTest {
    private static final String POM = read(CodeBlock.ROOT.resolve("pom.xml"));
    private static final String BOM = read(CodeBlock.ROOT.resolve("fovea-bom/pom.xml"));

    @Test
    void namesEveryModuleThatPeopleMayDependOn() {
        List<String> modules = all("<module>([^<]+)</module>", POM);
        assertThat(all("<artifactId>([^<]+)</artifactId><version>\\$\\{project.version}", BOM))
                .containsExactlyElementsOf(modules.stream()
                        .filter(name -> !List.of("fovea-cli", "fovea-bom").contains(name))
                        .toList());
    }

    @Test
    void hasTheVersionOfTheBuild() {
        String version = "<version>([^<]+)</version>";
        assertThat(all(version, BOM).getFirst()).isEqualTo(all(version, POM).getFirst());
    }

    private static List<String> all(String pattern, String text) {
        Matcher found = Pattern.compile(pattern).matcher(text);
        return found.results().map(one -> one.group(1)).toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}

package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Command lines of the documents, run by a shell as they stand, with the launcher and what was packaged. Left out are
 * those that take minutes, and those about files and models that only readers have; {@link DocumentsTest} parses them.
 */
@DisabledOnOs(OS.WINDOWS)
class DocumentedCommandsIT {
    private static final Set<String> QUICK = Set.of("ask", "techniques", "world", "cost", "compare", "explain");

    @TempDir
    Path folder;

    /** A place where the paths of the documents lead to what they mean, and what is written stays. */
    @BeforeEach
    void place() throws IOException {
        Files.createSymbolicLink(folder.resolve("fovea"), CodeBlock.ROOT.resolve("fovea"));
        Files.createDirectories(folder.resolve("docs/images"));
        for (String file : List.of("docs/images/scene.png", "docs/images/pages.pdf")) {
            Files.copy(CodeBlock.ROOT.resolve(file), folder.resolve(file));
        }
        Files.createDirectories(folder.resolve("models"));
        Files.createSymbolicLink(folder.resolve("models/peek"), CodeBlock.ROOT.resolve("models/peek"));
    }

    @AfterEach
    void unlink() throws IOException {
        Compiled.unlink(folder);
    }

    static List<String> commands() {
        Stream<String> blocks = CodeBlock.documents().stream()
                .flatMap(file -> CodeBlock.ofMarkdown(file).stream())
                .filter(block -> block.language().isEmpty())
                .flatMap(block -> block.commands().stream());
        Stream<String> spans = CodeBlock.documents().stream().flatMap(file -> CodeBlock.spans(file).stream());
        return Stream.concat(blocks, spans)
                .distinct()
                .filter(command -> command.startsWith("./fovea "))
                .filter(command -> QUICK.contains(CodeBlock.words(command).get(1)))
                .filter(DocumentedCommandsIT::isAboutWhatIsHere)
                .toList();
    }

    /** Not about a reader's own files, and no placeholder such as DIR or ID; the example techniques have a test of their own. */
    private static boolean isAboutWhatIsHere(String command) {
        return CodeBlock.words(command).stream()
                        .skip(2)
                        .noneMatch(word -> word.startsWith("~")
                                || word.matches("(spread|glance).*")
                                || word.matches("[A-Z]+|[\\w-]+/[\\w.-]+@?\\w*")
                                        && !Files.exists(CodeBlock.ROOT.resolve(word))
                                || word.matches("\\w+\\.(jpe?g)"))
                && !command.equals("./fovea ask");
    }

    @Test
    void someAreFound() {
        assertThat(commands())
                .contains("./fovea techniques", "./fovea techniques hiprune", "./fovea world --count 20 --out pictures")
                .anyMatch(command -> command.startsWith("./fovea ask docs/images/scene.png"));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void runsAsItStands(String command) throws Exception {
        String out = Compiled.run(folder, List.of("/bin/sh", "-c", command), Map.of("FOVEA_BUILD", "never"));
        assertThat(out).isNotBlank();
        List<String> words = CodeBlock.words(command);
        for (String option : List.of("--overlay", "--out", "--report")) {
            if (words.contains(option)) {
                assertThat(folder.resolve(words.get(words.indexOf(option) + 1))).exists();
            }
        }
    }
}

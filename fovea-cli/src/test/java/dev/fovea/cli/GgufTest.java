package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models in GGUF files on the command line. */
class GgufTest {
    private static final Path GOLDEN =
            Path.of("..", "fovea-core", "src", "test", "resources", "golden", "gguf-converted");
    private static final Path MODEL = GOLDEN.resolve("llava/model.gguf");
    private static final Path PICTURES = GOLDEN.resolve("llava/mmproj.gguf");
    private static final String QUESTION = "How many red circles are there?";

    @TempDir
    Path folder;

    @Test
    void picturesAreSeenThroughTheFileBesideTheModelWhichIsSaid() {
        Run run = Run.of("ask", Run.PICTURE, QUESTION, "--model", MODEL, "--max-tokens", "2");
        assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
        assertThat(run.err()).contains("fovea: note: pictures are seen through mmproj.gguf, which lies beside it");
    }

    @Test
    void orThroughTheOneThatIsNamed() throws IOException {
        Path alone = Files.copy(MODEL, folder.resolve("alone.gguf"));
        Run blind = Run.of("ask", Run.PICTURE, QUESTION, "--model", alone);
        assertThat(blind.code()).isEqualTo(ExitCode.INPUT);
        assertThat(blind.err()).hasLineCount(1).contains("This model reads text alone", "mmproj file");
        Run seeing = Run.of("ask", Run.PICTURE, QUESTION, "--model", alone, "--mmproj", PICTURES, "--max-tokens", "2");
        assertThat(seeing.code()).as(seeing.err()).isEqualTo(ExitCode.OK);
    }

    @Test
    void whatDoesNotBelongTogetherIsAModelThatCannotBeUsed() {
        Run other = Run.of(
                "ask", Run.PICTURE, QUESTION, "--model", MODEL, "--mmproj", GOLDEN.resolve("gemma3/mmproj.gguf"));
        assertThat(other.code()).isEqualTo(ExitCode.MODEL);
        assertThat(other.err()).hasLineCount(1).contains("take both files from the same model");
        Run withFolder = Run.of("ask", Run.PICTURE, QUESTION, "--model", Run.MODEL, "--mmproj", PICTURES);
        assertThat(withFolder.code()).isEqualTo(ExitCode.MODEL);
        assertThat(withFolder.err()).hasLineCount(1).contains("is no GGUF file");
        Run alone = Run.of("ask", QUESTION, "--model", PICTURES);
        assertThat(alone.code()).isEqualTo(ExitCode.MODEL);
        assertThat(alone.err()).hasLineCount(1).contains("no language model");
    }

    @Test
    void techniquesAreHeldAgainstBothFiles() throws IOException {
        Run both = Run.of("techniques", "--model", MODEL);
        assertThat(both.code()).as(both.err()).isEqualTo(ExitCode.OK);
        assertThat(both.out()).contains("hiprune");
        Path alone = Files.copy(MODEL, folder.resolve("alone.gguf"));
        Run blind = Run.of("techniques", "--model", alone);
        assertThat(blind.out()).isNotEqualTo(both.out());
        Run named = Run.of("techniques", "--model", alone, "--mmproj", PICTURES);
        assertThat(named.out().replace("alone", "model").lines().skip(1))
                .isEqualTo(both.out().lines().skip(1).toList());
    }
}

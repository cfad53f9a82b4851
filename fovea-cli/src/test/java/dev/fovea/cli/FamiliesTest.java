package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands on models whose tokens are several patches and whose pictures are several images. */
class FamiliesTest {
    private static final Path GOLDEN = Run.MODEL.resolveSibling("").normalize();
    private static final String QUESTION = "How many red circles are there?";

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"qwen2-5-vl, 6", "qwen2-5-vl-flat, 6", "idefics3, 40", "smolvlm, 10"})
    void askWithOverlayAndRecord(String name, int tokens) throws IOException {
        Path model = GOLDEN.resolve(name);
        Path overlay = folder.resolve("kept.png");
        Path record = folder.resolve("run.safetensors");
        Run run = Run.of(
                "ask",
                model.resolve("images/wide.png"),
                QUESTION,
                "--model",
                model,
                "-t",
                "visiondrop",
                "-b",
                "60%",
                "--max-tokens",
                4,
                "--overlay",
                overlay,
                "--heat",
                "--record",
                record,
                "--json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode visual = run.json().path("visual_tokens");
        assertThat(visual.path("total").intValue()).isEqualTo(tokens);
        // A tile of SmolVLM's is one token here, and each keeps at least one.
        int most = name.equals("smolvlm") ? tokens : tokens - 1;
        assertThat(visual.path("kept").intValue()).isBetween(1, most);
        BufferedImage image = ImageIO.read(overlay.toFile());
        assertThat(Math.max(image.getWidth(), image.getHeight())).isGreaterThanOrEqualTo(640);
        try (Checkpoint checkpoint = Checkpoint.open(record)) {
            int[] images = Tensors.ints(checkpoint.tensor("ledger.image"));
            boolean tiled = tokens != 6;
            assertThat(images).hasSize(tiled ? 50 : 5);
            // The overview comes last; a whole picture is of kind 0.
            assertThat(images[images.length - 4]).isEqualTo(tiled ? 2 : 0);
            assertThat(checkpoint.tensor("ledger.token").size(0)).isEqualTo(tokens);
        }
    }

    @Test
    void compareDrawsTiles() {
        Path model = GOLDEN.resolve("idefics3");
        Path page = folder.resolve("page.html");
        Run run = Run.of(
                "compare",
                model.resolve("images/tall.png"),
                QUESTION,
                "--model",
                model,
                "--techniques",
                "hiprune,fastv",
                "-b",
                "50%",
                "--max-tokens",
                2,
                "--report",
                page);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("full model", "hiprune at 50%", "fastv at 50%");
        assertThat(page).isNotEmptyFile();
    }

    @ParameterizedTest
    @CsvSource({"qwen2-5-vl", "idefics3"})
    void costFromTheConfigurationAlone(String name) {
        Run run = Run.of("cost", "--model", GOLDEN.resolve(name), "--techniques", "hiprune", "-b", "50%", "--json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode contestants = run.json().path("contestants");
        int before = contestants.get(0).path("visual_tokens").get(0).intValue();
        assertThat(contestants.get(1).path("visual_tokens").get(0).intValue()).isEqualTo(before / 2);
        assertThat(contestants.get(1).path("prefill_flops").doubleValue()).isPositive();
    }

    @Test
    void tilesBeyondTheContextAreToldInOneSentence() {
        Path model = GOLDEN.resolve("idefics3");
        Object[] args = new Object[36];
        args[0] = "ask";
        for (int i = 1; i <= 32; i++) {
            args[i] = model.resolve("images/wide.png");
        }
        args[33] = QUESTION;
        args[34] = "--model";
        args[35] = model;
        Run run = Run.of(args);
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err()).hasLineCount(1).contains("more than the 1024 that this model reads", "fewer images");
    }
}

package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.engine.ContrastiveEngine;
import dev.fovea.core.image.PatchBudgetProcessor;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Adaptation;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SigLIP at one size and SigLIP 2 at any aspect ratio against transformers. */
class SiglipTest {
    private static final Path ROOT = Path.of("src/test/resources/golden");

    @TempDir
    Path dir;

    private static void assertClose(float[] actual, Tensor expected, String what) {
        float[] e = Tensors.floats(expected);
        assertThat(actual).as(what).hasSameSizeAs(e);
        for (int i = 0; i < e.length; i++) {
            assertThat(actual[i]).as(what + " " + i).isCloseTo(e[i], within(1e-4f));
        }
    }

    private static List<String> texts(Path folder) throws IOException {
        List<String> texts = new ArrayList<>();
        JsonNode json =
                new ObjectMapper().readTree(folder.resolve("golden.json").toFile());
        json.path("texts").forEach(text -> texts.add(text.asText()));
        return texts;
    }

    private static List<RgbImage> pictures(Path folder) {
        return List.of("wide", "tall", "strip").stream()
                .map(name -> picture(folder, name))
                .toList();
    }

    private static RgbImage picture(Path folder, String name) {
        return new PictureReader()
                .read(folder.resolve("images/" + name + ".png"))
                .image();
    }

    @ParameterizedTest
    @ValueSource(strings = {"siglip", "siglip2"})
    void towersScoresAndProbabilities(String name) throws IOException {
        Path folder = ROOT.resolve(name);
        try (DualEncoder siglip = DualEncoder.open(folder);
                Checkpoint golden = Checkpoint.open(folder.resolve("golden.safetensors"))) {
            Matrix texts = siglip.embedTexts(texts(folder));
            assertClose(texts.data(), golden.tensor("text.projected"), "texts");
            Matrix images = siglip.embedImages(pictures(folder));
            assertClose(images.data(), golden.tensor("image.projected"), "images");
            Matrix scores = siglip.similarity(pictures(folder), texts(folder));
            assertClose(scores.data(), golden.tensor("logits_per_image"), "scores");
            for (int i = 0; i < 3; i++) {
                float[] one = siglip.logits(images.row(i), texts);
                assertClose(one, golden.tensor("logits_per_image").select(0, i), "scores of one");
                assertClose(
                        siglip.probabilities(one),
                        golden.tensor("probabilities").select(0, i),
                        "probabilities");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"siglip", "siglip2"})
    void textsAreFilledUpAndCutAsTheTokenizerDoes(String name) throws IOException {
        Path folder = ROOT.resolve(name);
        try (TextTower tower = TextTower.open(folder, DType.F32);
                Checkpoint golden = Checkpoint.open(folder.resolve("golden.safetensors"))) {
            List<String> texts = texts(folder);
            for (int i = 0; i < texts.size(); i++) {
                assertThat(tower.ids(texts.get(i)))
                        .containsExactly(Tensors.ints(golden.tensor("input_ids").select(0, i)));
            }
            // The longest one in pieces, the last of them filled up.
            assertThat(tower.pieces(texts.get(2)).rows()).isGreaterThan(1);
        }
    }

    /** Encoder steps look and act there too; what is left is pooled. */
    @ParameterizedTest
    @ValueSource(strings = {"siglip", "siglip2"})
    void aPictureSeenUnderAPlan(String name) {
        Path folder = ROOT.resolve(name);
        try (DualEncoder siglip = DualEncoder.open(folder);
                Checkpoint golden = Checkpoint.open(folder.resolve("golden.safetensors"))) {
            RgbImage strip = picture(folder, "strip");
            ContrastiveEngine.Seen plain = siglip.see(strip, Plan.plain(), Adaptation.none());
            assertClose(plain.embedding(), golden.tensor("image.projected").select(0, 2), "plain");
            assertThat(plain.trajectory().rows()).isOne();
            Step step = new Step(new Station.EncoderOutput(0), List.of(), s -> Outcome.of(Decision.Keep.of(0, 3, 5)));
            ContrastiveEngine.Seen pruned = siglip.see(strip, Plan.of("some", step), Adaptation.none());
            assertThat(pruned.ledger().kept()).isEqualTo(3);
            assertThat(pruned.embedding()).isNotEqualTo(plain.embedding());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"siglip", "siglip2"})
    void aPatchAloneInTheSharedSpace(String name) {
        Path folder = ROOT.resolve(name);
        try (TextTower tower = TextTower.open(folder, DType.F32);
                Scope ignored = Scope.inference();
                Checkpoint golden = Checkpoint.open(folder.resolve("golden.safetensors"))) {
            assertClose(
                    Tensors.floats(tower.clip().head().patches(golden.tensor("tall.hidden"))),
                    golden.tensor("tall.patches"),
                    "patches");
        }
    }

    @Test
    void picturesHaveAsManyPatchesAsTheyMay() {
        Path folder = ROOT.resolve("siglip2");
        PatchBudgetProcessor processor = PatchBudgetProcessor.read(folder);
        try (Checkpoint golden = Checkpoint.open(folder.resolve("golden.safetensors"))) {
            for (String name : List.of("wide", "tall", "strip")) {
                PreparedImage view =
                        processor.preparePicture(picture(folder, name)).views().getFirst();
                int rows = view.height() / 14;
                int cols = view.width() / 14;
                assertThat(new int[] {rows, cols}).containsExactly(Tensors.ints(golden.tensor(name + ".grid")));
                float[] channelsLast = Tensors.floats(Tensors.of(view.pixels(), 3, rows, 14, cols, 14)
                        .permute(1, 3, 2, 4, 0)
                        .reshape((long) rows * cols, -1));
                assertThat(channelsLast).isEqualTo(Tensors.floats(golden.tensor(name + ".pixel_values")));
            }
        }
        // A line of pixels still has a patch along its short side.
        assertThat(processor.views(5000, 1).getFirst().height()).isEqualTo(14);
    }

    @Test
    void whatDoesNotBelongTogetherIsRefused() throws IOException {
        for (String name : List.of("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors")) {
            Path file = ROOT.resolve("siglip2").resolve(name);
            Files.copy(file, dir.resolve(file.getFileName()));
        }
        Files.copy(
                ROOT.resolve("siglip/preprocessor_config.json"),
                dir.resolve("preprocessor_config.json"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> DualEncoder.open(dir)).hasMessageContaining("the model wants SigLIP 2's");
        String config = Files.readString(dir.resolve("config.json"));
        Files.writeString(dir.resolve("config.json"), config.replace("\"num_patches\": 25", "\"num_patches\": 24"));
        assertThatThrownBy(() -> TextTower.open(dir, DType.F32)).hasMessageContaining("a square number");
    }
}

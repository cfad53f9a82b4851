package dev.fovea.eval.published;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.AskOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.weights.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PublishedTest {
    @TempDir
    Path folder;

    static List<Published> all() {
        return Published.all();
    }

    /** Every size opens as far as it can without weights, and every tensor's name leads back to itself. */
    @ParameterizedTest
    @MethodSource("all")
    void isDescribed(Published published) throws IOException {
        published.write(folder);
        Families.Found found = Families.read(folder);
        Description description = found.description();
        assertThat(description.family()).isEqualTo(published.family());
        assertThat(found.family().pictures(folder, description).views(640, 480)).isNotEmpty();
        Map<String, long[]> shapes = Inventory.of(description);
        assertThat(shapes.keySet())
                .anyMatch(name -> name.startsWith("vision."))
                .anyMatch(name -> name.startsWith("connector."))
                .anyMatch(name -> name.startsWith("text."));
        shapes.keySet()
                .forEach(name -> assertThat(published.nameOf(name, description.renames()))
                        .isNotEmpty());
    }

    @Test
    void sizesAreThoseThatTheNamesPromise() throws IOException {
        Published published = Published.find("llava", "1.5-7b");
        published.write(folder);
        long parameters = Inventory.of(Families.read(folder).description()).values().stream()
                .mapToLong(shape -> Arrays.stream(shape).reduce(1, Math::multiplyExact))
                .sum();
        assertThat(parameters).isBetween(7_000_000_000L, 7_200_000_000L);
    }

    @Test
    void aRandomCheckpointAnswers() throws IOException {
        long bytes = RandomCheckpoint.write(Published.find("llava", "tiny"), folder, DType.F32, 3);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.byteSize()).isEqualTo(bytes);
            assertThat(checkpoint.names()).contains("vision_tower.vision_model.pre_layrnorm.weight");
        }
        try (VisionLanguageModel model = VisionLanguageModel.open(folder)) {
            var answer = model.ask(
                    List.of(RgbImage.filled(50, 40, 200, 10, 10)),
                    "What colour is it?",
                    AskOptions.defaults().withMaxTokens(4));
            assertThat(answer.ledger().total()).isEqualTo(16);
            assertThat(answer.promptTokens()).isGreaterThan(16 + 20);
        }
    }

    @Test
    void itMayHaveFewerLayers() throws IOException {
        for (String family : List.of("llava", "qwen2_vl")) {
            Published published = Published.find(family, null).withLayers(1);
            published.write(folder);
            assertThat(Inventory.of(Families.read(folder).description()).keySet())
                    .anyMatch(name -> name.startsWith("text.layers.0."))
                    .noneMatch(name -> name.startsWith("text.layers.1."));
        }
        assertThat(Published.find("llava", "1.5-7b")
                        .config()
                        .at("/text_config/num_hidden_layers")
                        .asInt())
                .isEqualTo(32);
        assertThatThrownBy(() -> Published.find("llava", "tiny").withLayers(3))
                .hasMessage("The language model of llava tiny has 2 layers, so that it can have 1 to 2, not 3.");
    }

    @Test
    void unknownNamesAreToldWithTheNearest() {
        assertThatThrownBy(() -> Published.find("lava", null)).hasMessageContaining("did you mean 'llava'?");
        assertThatThrownBy(() -> Published.find("llava", "1.5-7")).hasMessageContaining("did you mean '1.5-7b'?");
    }
}

package dev.fovea.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Qwen's configurations may ask for, and what is said of values that cannot be. */
class QwenConfigTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    @TempDir
    Path dir;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            qwen3-vl | vision_config | deepstack_visual_indexes | [0, 4] | ascending blocks in 0..3, got [0, 4]
            qwen3-vl | vision_config | deepstack_visual_indexes | [2, 0] | ascending blocks in 0..3, got [2, 0]
            qwen3-vl | vision_config | deepstack_visual_indexes | [0, 1, 2, 3] | fewer than the 4 decoder layers
            qwen3-vl | vision_config | num_position_embeddings | 15 | a square number of cells of 16 pixels, got 15
            qwen3-vl | vision_config | out_hidden_size | 32 | the language model's hidden_size 48, got 32
            qwen3-vl | vision_config | num_heads | 3 | divides into heads of four parts, got 3
            qwen3-vl | text_config | rope_parameters | {"mrope_section": [4, 2]} | add up to half of a head
            qwen3-vl | text_config | rope_parameters | {"mrope_section": [-8, 8, 8]} | add up to half of a head
            qwen2-vl | vision_config | mlp_ratio | 2147483647 | of a sensible size beside a width of 32
            qwen2-vl | vision_config | hidden_size | 32 | the language model's hidden_size 48, got 32
            qwen2-vl | text_config | use_sliding_window | true | Fovea attends to everything
            """)
    void valuesThatCannotBe(String model, String part, String key, String value, String expected) throws IOException {
        ObjectNode config = config(model);
        ObjectNode at = (ObjectNode) config.get(part);
        at.set(key, new ObjectMapper().readTree(value));
        if (key.equals("use_sliding_window")) {
            at.put("sliding_window", 512);
        }
        assertThatThrownBy(() -> described(config))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("config.json")
                .hasMessageContaining(expected);
    }

    @Test
    void deepFeaturesAreATraitAndNone() throws IOException {
        ModelShape stacked = described(config("qwen3-vl")).shape(false);
        assertThat(stacked.traits().deepFeatures()).isEqualTo(2);
        assertThat(stacked.featureLayers()).isEqualTo(4);
        assertThat(stacked.traits().frames()).isTrue();
        ObjectNode plain = config("qwen3-vl");
        ((ObjectNode) plain.get("vision_config")).putArray("deepstack_visual_indexes");
        assertThat(described(plain).shape(false).traits().deepFeatures()).isZero();
        assertThat(described(config("qwen2-vl")).shape(false).traits().deepFeatures())
                .isZero();
    }

    /** Long contexts scale the frequencies of all axes. */
    @Test
    void scaledPositionsKeepTheirAxes() throws IOException {
        ObjectNode config = config("qwen2-5-vl-flat");
        config.set("rope_scaling", new ObjectMapper().readTree("""
                {"type": "yarn", "mrope_section": [2, 2, 2], "factor": 4, "original_max_position_embeddings": 256}
                """));
        assertThat(described(config).text().rotary().axes()).isEqualTo(3);
    }

    /** Of sections 4, 2 and 2 the second and third axes take every third frequency until they have theirs. */
    @Test
    void interleavedAxes() {
        RotaryEmbedding rotary = new RotaryEmbedding(new float[] {1, 1, 1, 1, 1, 1, 1, 1}, 1).interleaved(4, 2, 2);
        try (Scope scope = Scope.inference()) {
            float[] sin =
                    Tensors.floats(rotary.table(new int[][] {{1}, {2}, {3}}).sin());
            int[] axes = {0, 1, 2, 0, 1, 2, 0, 0};
            for (int i = 0; i < axes.length; i++) {
                assertThat(sin[i]).isEqualTo((float) Math.sin(axes[i] + 1));
            }
            assertThat(scope).isNotNull();
        }
    }

    private static ObjectNode config(String model) throws IOException {
        return (ObjectNode) new ObjectMapper()
                .readTree(GOLDEN.resolve(model).resolve("config.json").toFile());
    }

    private Description described(ObjectNode config) throws IOException {
        Path file = dir.resolve("config.json");
        Files.writeString(file, config.toString());
        return Families.of(ModelConfig.read(file)).description();
    }
}

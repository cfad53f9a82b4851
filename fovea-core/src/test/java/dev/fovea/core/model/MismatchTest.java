package dev.fovea.core.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Configurations that do not fit their weights, or that Fovea does not run. */
class MismatchTest {
    private static final Path MHA = Path.of("src/test/resources/golden/llava-mha");

    @TempDir
    private Path folder;

    private Description config(Consumer<ObjectNode> change) throws IOException {
        ObjectMapper json = new ObjectMapper();
        ObjectNode node = (ObjectNode) json.readTree(MHA.resolve("config.json").toFile());
        change.accept(node);
        Files.writeString(folder.resolve("config.json"), json.writeValueAsString(node));
        return Families.read(folder).description();
    }

    private void load(Consumer<ObjectNode> change) throws IOException {
        Description config = config(change);
        try (Checkpoint checkpoint = Checkpoint.open(MHA)) {
            config.load(checkpoint, DType.F32, null);
        }
    }

    @Test
    void theTensorAndBothShapesAreNamed() {
        assertThatThrownBy(() -> load(c -> ((ObjectNode) c.get("text_config")).put("intermediate_size", 60)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("'model.language_model.layers.0.mlp.gate_proj.weight'")
                .hasMessageContaining("[64, 48]")
                .hasMessageContaining("[60, 48]");
        assertThatThrownBy(() ->
                        load(c -> c.putArray("vision_feature_layer").add(-2).add(-1)))
                .hasMessageContaining("'model.multi_modal_projector.linear_1.weight'")
                .hasMessageContaining("[48, 32]")
                .hasMessageContaining("[48, 64]");
    }

    @Test
    void aMissingTensorIsNamed() {
        assertThatThrownBy(() -> load(c -> ((ObjectNode) c.get("text_config")).put("num_hidden_layers", 5)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("lacks tensor 'model.language_model.layers.4.input_layernorm.weight'");
        assertThatThrownBy(() -> load(c -> ((ObjectNode) c.get("text_config")).put("attention_bias", true)))
                .hasMessageContaining("lacks tensor 'model.language_model.layers.0.self_attn.q_proj.bias'");
    }

    @Test
    void otherArchitecturesAreRefused() {
        assertThatThrownBy(() -> config(c -> c.put("model_type", "kosmos-2")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("'model_type' is 'kosmos-2'");
        assertThatThrownBy(() -> config(c -> ((ObjectNode) c.get("text_config")).put("model_type", "bloom")))
                .hasMessageContaining("'text_config.model_type' is 'bloom'");
    }

    @Test
    void valuesThatCannotBeAreRefused() {
        assertThatThrownBy(() -> config(c -> c.put("vision_feature_layer", 7)))
                .hasMessageContaining("'vision_feature_layer' must be in -5..4");
        assertThatThrownBy(() -> config(c -> c.put("vision_feature_select_strategy", "some")))
                .hasMessageContaining("must be 'default' or 'full', got some");
        assertThatThrownBy(() -> config(c -> ((ObjectNode) c.get("text_config")).put("num_key_value_heads", 3)))
                .hasMessageContaining("'text_config.num_key_value_heads' must be a divisor");
        assertThatThrownBy(() -> config(c -> ((ObjectNode) c.get("text_config")).put("hidden_size", "wide")))
                .hasMessageContaining("'text_config.hidden_size' must be a whole number above 0, got \"wide\"");
        assertThatThrownBy(() -> config(c -> ((ObjectNode) c.get("text_config")).put("hidden_act", "mish")))
                .hasMessageContaining("mish");
        assertThatThrownBy(() -> Families.read(folder.resolve("nowhere"))).hasMessageContaining("is missing");
    }
}

package dev.fovea.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.SafeTensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Configurations as users' folders hold them, with what {@code transformers} 5.23 makes of them. */
class CheckpointCasesTest {
    private static final Path CASES = Path.of("src/test/resources/cases/checkpoints");
    private static final Path GOLDEN = Path.of("src/test/resources/golden/llava-mha");
    private static final String EMBEDDING = "model.language_model.embed_tokens.weight";
    private static final String HEAD = "lm_head.weight";

    @TempDir
    Path folder;

    private Description read(String name) throws IOException {
        Files.copy(CASES.resolve(name), folder.resolve("config.json"), StandardCopyOption.REPLACE_EXISTING);
        return Families.read(folder).description();
    }

    private Description golden(Consumer<ObjectNode> change) throws IOException {
        ObjectMapper json = new ObjectMapper();
        ObjectNode node =
                (ObjectNode) json.readTree(GOLDEN.resolve("config.json").toFile());
        change.accept(node);
        Files.writeString(folder.resolve("config.json"), json.writeValueAsString(node));
        return Families.read(folder).description();
    }

    private static ObjectNode text(ObjectNode config) {
        return (ObjectNode) config.get("text_config");
    }

    @Test
    void headsAreTiedWhereEitherPlaceSaysSo() throws IOException {
        assertThat(read("tie-top-level.config.json").text().tied()).isTrue();
        assertThat(read("image-token-id-mismatch.config.json").text().tied()).isTrue();
        assertThat(golden(c -> {}).text().tied()).isFalse();
        assertThat(golden(c -> text(c).put("tie_word_embeddings", true)).text().tied())
                .as("only the language model's part")
                .isTrue();
        assertThat(golden(c -> {
                            c.put("tie_word_embeddings", true);
                            text(c).remove("tie_word_embeddings");
                        })
                        .text()
                        .tied())
                .isTrue();
        assertThat(golden(c -> {
                            c.remove("tie_word_embeddings");
                            text(c).remove("tie_word_embeddings");
                        })
                        .text()
                        .tied())
                .as("neither place says anything")
                .isFalse();
    }

    /** The model of the golden checkpoint with its tensors changed, its head and embedding tied by the configuration. */
    private boolean tied(boolean tieByConfig, Consumer<Map<String, Tensor>> change) throws IOException {
        Description config = golden(c -> c.put("tie_word_embeddings", tieByConfig));
        Path file = folder.resolve("model.safetensors");
        try (Scope ignored = Scope.inference();
                Checkpoint from = Checkpoint.open(GOLDEN)) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            from.names().forEach(name -> tensors.put(name, from.tensor(name)));
            change.accept(tensors);
            SafeTensorsWriter.write(file, tensors, Map.of());
        }
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            ModelParts model = config.load(checkpoint, DType.F32, null);
            return model.decoder().head().weight().data_ptr().address()
                    == model.decoder().tokens().data_ptr().address();
        }
    }

    @Test
    void theFileDecidesWhatIsTied() throws IOException {
        assertThat(tied(true, t -> t.remove(HEAD))).as("no head").isTrue();
        assertThat(tied(true, t -> t.remove(EMBEDDING))).as("no embedding").isTrue();
        assertThat(tied(true, t -> t.put(HEAD, t.get(EMBEDDING)))).as("equal").isTrue();
        assertThat(tied(true, t -> t.computeIfPresent(HEAD, (n, head) -> head.add(new Scalar(1.0)))))
                .as("different: the configuration is wrong")
                .isFalse();
        assertThat(tied(false, t -> {})).isFalse();
        assertThatThrownBy(() -> tied(false, t -> t.remove(HEAD)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("lacks tensor 'lm_head.weight'");
        assertThatThrownBy(() -> tied(true, t -> {
                    t.remove(HEAD);
                    t.remove(EMBEDDING);
                }))
                .hasMessageContaining("lacks tensor '" + EMBEDDING + "'");
    }

    @Test
    void theOriginalLayoutIsNamedAndWhereTheConvertedOneIs() throws IOException {
        assertThatThrownBy(() -> Families.read(CASES.resolve("original-llava-layout")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("original LLaVA layout")
                .hasMessageContaining("must be converted")
                .hasMessageContaining("llava-hf/llava-1.5-7b-hf")
                .hasMessageNotContaining("download");
        Files.writeString(folder.resolve("config.json"), """
                {"model_type": "llava_mistral", "mm_vision_tower": "openai/clip-vit-large-patch14-336",
                 "mm_patch_merge_type": "spatial_unpad", "hidden_size": 4096}
                """);
        assertThatThrownBy(() -> Families.read(folder).description())
                .hasMessageContaining("llava-hf/llava-v1.6-mistral-7b-hf");
        Files.writeString(folder.resolve("config.json"), """
                {"model_type": "llava_llama", "mm_projector_type": "mlp2x_gelu"}
                """);
        assertThatThrownBy(() -> Families.read(folder).description()).hasMessageContaining("original LLaVA layout");
        Files.writeString(folder.resolve("config.json"), """
                {"model_type": "llava_qwen", "mm_vision_tower": "google/siglip-so400m-patch14-384",
                 "image_aspect_ratio": "anyres_max_9", "image_grid_pinpoints": [[384, 384]]}
                """);
        assertThatThrownBy(() -> Families.read(folder).description())
                .hasMessageContaining("llava-hf/llava-onevision-qwen2-7b-ov-hf");
        Files.writeString(folder.resolve("config.json"), """
                {"model_type": "internvl_chat", "downsample_ratio": 0.5}
                """);
        assertThatThrownBy(() -> Families.read(folder).description())
                .hasMessageContaining("original InternVL layout")
                .hasMessageContaining("OpenGVLab/InternVL3-8B-hf");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"quant_method": "bitsandbytes", "load_in_4bit": true} | (bitsandbytes, 4 bits)
                    {"quant_method": "gptq", "bits": 4, "group_size": 128} | (gptq, 4 bits)
                    {"quant_method": "awq", "w_bit": 8} | (awq, 8 bits)
                    {"quant_method": "fp8"} | (fp8)
                    {"load_in_8bit": true} | (in a way it does not name, 8 bits)
                    {} | (in a way it does not name)
                    """)
    void quantisedWeightsAreNamed(String quantisation, String expected) {
        for (String place : new String[] {"", "text_config"}) {
            assertThatThrownBy(() -> golden(c -> {
                        ObjectNode at = place.isEmpty() ? c : text(c);
                        try {
                            at.set("quantization_config", new ObjectMapper().readTree(quantisation));
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    }))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining(expected)
                    .hasMessageContaining("does not open");
        }
    }

    @Test
    void unknownKindsNameTheKnownAndTheNearest() {
        assertThatThrownBy(() -> golden(c -> c.put("model_type", "lava")))
                .hasMessageContaining("'model_type' is 'lava', but Fovea runs ")
                .hasMessageContaining("'idefics3' or ")
                .hasMessageContaining(" or 'qwen2_5_vl' or ")
                .hasMessageContaining(" here (did you mean 'llava'?)");
        assertThatThrownBy(() -> golden(c -> c.put("model_type", "\u001b[2Jx" + "y".repeat(500))))
                .message()
                .contains("\\u001b[2Jx")
                .hasSizeLessThan(1200);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    hidden_size | 0
                    hidden_size | -4
                    hidden_size | 48.5
                    hidden_size | 2147483648
                    hidden_size | 1e3
                    num_hidden_layers | null0
                    num_attention_heads | true
                    head_dim | 2147483646
                    head_dim | 13
                    vocab_size | [384]
                    rms_norm_eps | 0
                    rms_norm_eps | -1e-6
                    rms_norm_eps | NaN
                    rms_norm_eps | 1e999
                    hidden_act | 3
                    attention_bias | "yes"
                    tie_word_embeddings | 1
                    """)
    void numbersOutOfRangeAreNamedWithFileAndKey(String key, String value) {
        String written = value.equals("null0") ? "\"\"" : value;
        assertThatThrownBy(() -> golden(c -> text(c).putRawValue(key, new RawValue(written))))
                .isInstanceOf(CheckpointException.class)
                .message()
                .contains(folder.resolve("config.json").toString(), "text_config." + key);
    }

    @Test
    void partsOfTheWrongTypeAreNamed() {
        assertThatThrownBy(() -> golden(c -> c.put("text_config", "llama")))
                .hasMessageContaining("'text_config' must be an object, got \"llama\"");
        assertThatThrownBy(() -> golden(c -> c.putArray("vision_config")))
                .hasMessageContaining("'vision_config' must be an object, got []");
        assertThatThrownBy(() -> golden(c -> text(c).put("rope_parameters", 3)))
                .hasMessageContaining("'text_config.rope_parameters' must be an object, got 3");
        assertThatThrownBy(() -> golden(c -> c.putArray("vision_feature_layer").add(3_000_000_000L)))
                .hasMessageContaining("'vision_feature_layer' must be a list of whole numbers");
        assertThatThrownBy(() -> golden(c -> c.put("image_token_index", 4_000_000_000L)))
                .hasMessageContaining("'image_token_index' must be a whole number, got 4000000000");
    }

    @Test
    void deepNestingIsASentence() {
        assertThatThrownBy(() -> ModelConfig.read(CASES.resolve("deep-generation_config.json")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("deep-generation_config.json is nested deeper than any file of a model");
    }

    @Test
    void stridesThatOverflowAreRefused() {
        assertThatThrownBy(() -> Checkpoint.open(CASES.resolve("huge-stride.safetensors")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("huge-stride.safetensors: tensor ''")
                .hasMessageContaining("more than any tensor can be");
    }
}

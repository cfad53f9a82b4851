package dev.fovea.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.MutualSight;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Gemma's configurations leave out, what they may not say, and how words are embedded in bf16. */
class GemmaConfigTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    /** The keys of the published 4B checkpoint. */
    private static final String GEMMA3_4B = """
            {"model_type": "gemma3", "mm_tokens_per_image": 256, "image_token_index": 262144,
             "text_config": {"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240,
                 "num_hidden_layers": 34, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024},
             "vision_config": {"model_type": "siglip_vision_model", "hidden_size": 1152, "image_size": 896,
                 "intermediate_size": 4304, "num_attention_heads": 16, "num_hidden_layers": 27, "patch_size": 14,
                 "vision_use_head": false}}
            """;

    private static final String PALIGEMMA2_3B = """
            {"model_type": "paligemma", "image_token_index": 257152, "projection_dim": 2304,
             "text_config": {"model_type": "gemma2", "hidden_size": 2304, "intermediate_size": 9216,
                 "num_hidden_layers": 26, "num_key_value_heads": 4, "vocab_size": 257216},
             "vision_config": {"model_type": "siglip_vision_model", "hidden_size": 1152, "intermediate_size": 4304,
                 "num_attention_heads": 16, "num_hidden_layers": 27, "patch_size": 14, "projection_dim": 2304}}
            """;

    @TempDir
    Path dir;

    private Description read(String json) throws IOException {
        Path file = dir.resolve("config.json");
        Files.writeString(file, json);
        return Families.read(dir).description();
    }

    @Test
    void whatIsLeftOutTakesTheDefaultsOfItsGeneration() throws IOException {
        Description gemma3 = read(GEMMA3_4B);
        DecoderOptions text = gemma3.text();
        assertThat(text.heads()).isEqualTo(8);
        assertThat(text.kvHeads()).isEqualTo(4);
        assertThat(text.headDim()).isEqualTo(256);
        assertThat(text.vocabulary()).isEqualTo(262_208);
        assertThat(text.contextLength()).isEqualTo(131_072);
        assertThat(text.queryKeyNorm()).isTrue();
        assertThat(text.tied()).isTrue();
        assertThat(text.variant().attentionScale()).isCloseTo(1 / 16.0, within(1e-12));
        assertThat(text.variant().attentionCap()).isZero();
        assertThat(text.variant().windows().of(4)).isEqualTo(1024);
        assertThat(text.variant().windows().of(5)).isZero();
        assertThat(text.rotary(4)).isNotSameAs(text.rotary(5));
        assertThat(text.variant().mutual()).isEqualTo(MutualSight.PICTURES);
        assertThat(gemma3.shape(false).visualTokens()).isEqualTo(256);
        assertThat(gemma3.connector().grouping().side()).isEqualTo(4);

        Description paligemma = read(PALIGEMMA2_3B);
        assertThat(paligemma.text().heads()).isEqualTo(8);
        assertThat(paligemma.text().variant().attentionCap()).isEqualTo(50);
        assertThat(paligemma.text().variant().logitCap()).isEqualTo(30);
        assertThat(paligemma.text().variant().windows().of(0)).isEqualTo(4096);
        assertThat(paligemma.text().variant().windows().of(1)).isZero();
        assertThat(paligemma.text().rotary(0)).isSameAs(paligemma.text().rotary(1));
        assertThat(paligemma.text().variant().mutual()).isEqualTo(MutualSight.PROMPT);
        assertThat(paligemma.shape(false).visualTokens()).isEqualTo(256);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"mm_tokens_per_image\": 256 | \"mm_tokens_per_image\": 200 | the square of a divisor of the 64 patches",
                "\"sliding_window\": 1024 | \"layer_types\": [\"full_attention\"] | a list of 34 kinds",
                "\"sliding_window\": 1024 | \"num_key_value_heads\": 3 | a divisor of num_attention_heads 8",
                "\"sliding_window\": 1024 | \"use_bidirectional_attention\": true | 'text_config.use_bidirectional_attention' must be false",
                "\"rope_type\": \"linear\" | \"rope_type\": \"yarn\" | 'text_config.rope_scaling.rope_type' must be default or linear",
                "\"model_type\": \"gemma3_text\" | \"model_type\": \"llama\" | 'text_config.model_type' is 'llama'",
                "\"num_hidden_layers\": 34 | \"num_hidden_layers\": 1000000000 | at most 16384",
            })
    void whatCannotBeIsToldInASentence(String said, String instead, String sentence) {
        assertThatThrownBy(() -> read(GEMMA3_4B.replace(said, instead)))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(sentence);
    }

    /** As in transformers the root of the width is rounded before it multiplies. */
    @Test
    void theScaleOfWordsIsRoundedToTheWorkingType() {
        Path folder = GOLDEN.resolve("gemma3-pas");
        Description description = Families.read(folder).description();
        try (Scope ignored = Scope.inference();
                Checkpoint checkpoint = Checkpoint.open(folder)) {
            ModelParts model = description.load(checkpoint, DType.BF16, null);
            Tensor stored = checkpoint.tensor("language_model.model.embed_tokens.weight");
            float[] rows = Tensors.floats(stored.index_select(0, Tensors.indices(5, 9)));
            // The root of 48 is 6.928; 6.9375 is the nearest with eight bits.
            float[] scaled = new float[rows.length];
            for (int i = 0; i < rows.length; i++) {
                scaled[i] = rows[i] * 6.9375f;
            }
            float[] rounded = Tensors.floats(Tensors.to(Tensors.of(scaled, 2, 48), DType.BF16));
            assertThat(Tensors.floats(model.decoder().embed(new int[] {5, 9}))).isEqualTo(rounded);
        }
    }
}

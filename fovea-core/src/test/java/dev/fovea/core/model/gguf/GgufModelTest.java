package dev.fovea.core.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.model.family.Families;
import dev.fovea.core.text.Tokenizer;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole models in GGUF files; {@code reference/gguf_models.py} made the goldens. */
class GgufModelTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/gguf-models");

    @ParameterizedTest
    @ValueSource(strings = {"llama", "smollm", "llama3", "qwen2", "qwen3"})
    void textsBecomeTheTokensOfTheVocabularysOwner(String name) throws Exception {
        JsonNode golden =
                new ObjectMapper().readTree(GOLDEN.resolve(name + ".json").toFile());
        try (GgufModel model = GgufModel.open(GOLDEN.resolve(name + ".gguf"), null, Families.ggufLayouts());
                Checkpoint weights = model.takeCheckpoint();
                Tokenizer tokenizer = Tokenizer.open(model.folder())) {
            assertThat(weights.names()).contains("text.embed_tokens.weight", "text.layers.1.mlp.down_proj.weight");
            for (JsonNode probe : golden.path("probes")) {
                assertThat(tokenizer.encode(probe.path("text").asText(), false))
                        .as(probe.path("text").asText())
                        .containsExactly(ids(probe.path("ids")));
            }
        }
    }

    /** The answer of transformers, which read the very file. */
    @ParameterizedTest
    @ValueSource(strings = {"llama", "smollm", "llama3", "qwen2", "qwen3"})
    void answersAsTheReference(String name) throws Exception {
        JsonNode golden =
                new ObjectMapper().readTree(GOLDEN.resolve(name + ".json").toFile());
        OpenOptions f32 = OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32);
        try (VisionLanguageModel model = VisionLanguageModel.open(GOLDEN.resolve(name + ".gguf"), f32)) {
            int[] greedy = ids(golden.path("greedy"));
            AskOptions options = AskOptions.defaults().withMaxTokens(greedy.length);
            Answer answer = model.ask(List.of(), golden.path("question").asText(), options);
            assertThat(answer.tokens().stream().mapToInt(Generated.Token::id).toArray())
                    .containsExactly(greedy);
            assertThat(model.shape().hasVision()).isFalse();
            assertThat(model.notes()).hasSize(name.equals("llama") ? 1 : 0);
            // Special tokens spelled in a question stay text, for which the tokenizer looks at its file again.
            String forged = "a <|im_end|> and </s>";
            assertThat(model.ask(List.of(), forged, options).tokens()).isNotEmpty();
        }
    }

    @Test
    void modelsThatCannotBeOpenedAreRefusedInOneSentence(@TempDir Path dir) throws Exception {
        byte[] whole = Files.readAllBytes(GOLDEN.resolve("llama.gguf"));
        refused(replaced(dir, whole, "llama", "bloom"), "architecture 'bloom', which Fovea does not open from GGUF");
        refused(replaced(dir, whole, "blk.0.attn_q.weight", "blk.0.attn_x.weight"), "'blk.0.attn_x.weight'");
        refused(replaced(dir, whole, "llama.block_count", "llama.block_counx"), "does not say 'llama.block_count'");
        refused(replaced(dir, whole, "tokenizer.ggml.model", "tokenizer.ggml.mmdel"), "'tokenizer.ggml.model'");
        refused(replaced(dir, whole, "tokenizer.ggml.scores", "tokenizer.ggml.scorex"), "'tokenizer.ggml.scores'");
    }

    private static void refused(Path file, String said) {
        assertThatThrownBy(() -> VisionLanguageModel.open(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(said);
    }

    /** A copy with the first occurrence of some letters replaced by as many others. */
    private static Path replaced(Path dir, byte[] whole, String from, String to) throws Exception {
        String text = new String(whole, StandardCharsets.ISO_8859_1);
        int at = text.indexOf(from);
        assertThat(at).as(from).isNotNegative();
        String changed = text.substring(0, at) + to + text.substring(at + from.length());
        return Files.write(dir.resolve("changed.gguf"), changed.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static int[] ids(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }

    @Test
    void nothingIsLeftInTheFolderForTemporaryFiles() {
        Path folder;
        try (GgufModel model = GgufModel.open(GOLDEN.resolve("llama.gguf"), null, Families.ggufLayouts());
                Checkpoint ignored = model.takeCheckpoint()) {
            folder = model.folder();
            assertThat(folder.resolve("config.json")).exists();
            assertThat(folder).hasFileName("llama.gguf");
        }
        assertThat(folder.getParent()).doesNotExist();
    }
}

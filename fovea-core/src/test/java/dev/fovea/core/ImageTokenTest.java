package dev.fovea.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.text.ChatMessage;
import dev.fovea.core.text.ChatTemplate;
import dev.fovea.core.text.SpecialTokens;
import dev.fovea.core.text.Tokenizer;
import dev.fovea.core.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The token that stands for a picture, wherever a checkpoint names it. */
class ImageTokenTest {
    private static final Path PEEK = Path.of("../models/peek");
    private static final Path CASES = Path.of("src/test/resources/cases/checkpoints");
    private static final List<ChatMessage> HI = List.of(ChatMessage.of("user", 1, "hi"));

    @TempDir
    private Path folder;

    private void take(Path from, String... names) throws IOException {
        for (String name : names) {
            Files.copy(from.resolve(name), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private String rendered(int configured) {
        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            SpecialTokens tokens = ImageToken.resolve(folder, configured, tokenizer);
            return ChatTemplate.open(folder, tokens).render(HI, true);
        }
    }

    @Test
    void namedAmongExtraSpecialTokens() throws IOException {
        take(PEEK, "tokenizer.json");
        Path given = CASES.resolve("extra-special-tokens");
        take(given, "tokenizer_config.json", "chat_template.jinja", "processor_config.json");
        assertThat(rendered(3)).isEqualTo("<s><user><image>hi<assistant>");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    tokenizer_config.json | {"bos_token": "<s>", "image_token": "<image>"}
                    tokenizer_config.json | {"bos_token": "<s>", "image_token": {"content": "<image>", "special": true}}
                    tokenizer_config.json | {"bos_token": "<s>", "model_specific_special_tokens": {"image_token": "<image>"}}
                    tokenizer_config.json | {"bos_token": "<s>", "extra_special_tokens": {"image_token": {"content": "<image>"}}}
                    special_tokens_map.json | {"bos_token": "<s>", "image_token": "<image>"}
                    processor_config.json | {"image_token": "<image>"}
                    processor_config.json | {}
                    """)
    void namedElsewhereOrNotAtAll(String file, String content) throws IOException {
        take(PEEK, "tokenizer.json");
        take(CASES.resolve("extra-special-tokens"), "chat_template.jinja");
        Files.writeString(folder.resolve(file), content);
        assertThat(rendered(3)).endsWith("<user><image>hi<assistant>");
    }

    @Test
    void namedOnlyByItsId() throws IOException {
        String json = Files.readString(PEEK.resolve("tokenizer.json")).replace("<image>", "<picture>");
        Files.writeString(folder.resolve("tokenizer.json"), json);
        take(CASES.resolve("extra-special-tokens"), "chat_template.jinja");
        assertThat(rendered(3)).endsWith("<user><picture>hi<assistant>");
        assertThatThrownBy(() -> rendered(77))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("names no image token")
                .hasMessageContaining("77");
    }

    @Test
    void bothIdsAreNamedWhereTheyDiffer() throws IOException {
        take(PEEK, "tokenizer.json", "tokenizer_config.json", "preprocessor_config.json");
        Files.copy(CASES.resolve("image-token-id-mismatch.config.json"), folder.resolve("config.json"));
        assertThatThrownBy(() -> VisionLanguageModel.open(folder))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("'<image>' has the id 7 in config.json")
                .hasMessageContaining("and 3 in tokenizer.json")
                .hasMessageNotContaining("template");
    }

    @Test
    void aTextThatTheTokenizerLacksIsNamed() throws IOException {
        take(PEEK, "tokenizer.json");
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"image_token\": \"<imgae>\\u001b\"}");
        assertThatThrownBy(() -> rendered(3))
                .hasMessageContaining("no special token '<imgae>\\u001b' (did you mean '<image>'?)");
    }
}

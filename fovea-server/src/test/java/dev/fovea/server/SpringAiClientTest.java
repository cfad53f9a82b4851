package dev.fovea.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fovea.core.DualEncoder;
import dev.fovea.core.VisionLanguageModel;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.Media;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.openai.OpenAiEmbeddingOptions;
import org.springframework.core.io.FileSystemResource;

/** Spring AI's client of OpenAI, pointed at the server. */
class SpringAiClientTest {
    private static final String SIGN = "What is written on the sign?";

    private static VisionLanguageModel model;
    private static DualEncoder clip;
    private static FoveaServer server;

    @BeforeAll
    static void start() {
        model = Peek.open();
        clip = Peek.openClip();
        server = FoveaServer.start(new Served("peek", model, clip), ServerOptions.defaults());
    }

    @AfterAll
    static void stop() {
        server.close();
        clip.close();
        model.close();
    }

    private static OpenAiChatModel chat() {
        return OpenAiChatModel.builder()
                .options(OpenAiChatOptions.builder()
                        .baseUrl(server.address() + "/v1")
                        .apiKey("none needed")
                        .model("peek")
                        .maxTokens(20)
                        .extraBody(Map.of("fovea", Map.of("technique", "hiprune", "budget", 64)))
                        .build())
                .build();
    }

    private static Prompt asked() {
        Media scene = new Media(Media.Format.IMAGE_PNG, new FileSystemResource(Peek.SCENE));
        return new Prompt(
                new SystemMessage("Answer in one word."),
                UserMessage.builder().text(SIGN).media(scene).build());
    }

    private static String text(ChatResponse response) {
        return Objects.requireNonNull(
                Objects.requireNonNull(response.getResult()).getOutput().getText());
    }

    @Test
    void chats() {
        ChatResponse response = chat().call(asked());
        assertThat(text(response)).isEqualTo("STOP");
        assertThat(response.getMetadata().getModel()).isEqualTo("peek");
        assertThat(response.getMetadata().getUsage().getCompletionTokens()).isEqualTo(1);
        assertThat(response.getMetadata().getUsage().getPromptTokens()).isBetween(65, 200);
    }

    @Test
    void streams() {
        List<ChatResponse> pieces =
                Objects.requireNonNull(chat().stream(asked()).collectList().block());
        assertThat(pieces.stream()
                        .flatMap(piece -> piece.getResults().stream())
                        .map(result -> result.getOutput().getText())
                        .filter(Objects::nonNull)
                        .collect(Collectors.joining()))
                .isEqualTo("STOP");
    }

    @Test
    void embeds() {
        OpenAiEmbeddingModel embedding = OpenAiEmbeddingModel.builder()
                .options(OpenAiEmbeddingOptions.builder()
                        .baseUrl(server.address() + "/v1")
                        .apiKey("none needed")
                        .model("peek/clip")
                        .build())
                .build();
        EmbeddingResponse response = embedding.embedForResponse(List.of("a red circle", "a blue star"));
        assertThat(response.getResults()).hasSize(2).allSatisfy(one -> {
            double square = 0;
            for (float x : one.getOutput()) {
                square += x * x;
            }
            assertThat(square).isEqualTo(1, within(1e-3));
        });
    }
}

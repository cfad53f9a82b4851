package dev.fovea.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionContentPartText;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.DualEncoder;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.technique.Budget;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients that people have: OpenAI's own for Java, and LangChain4j's. */
class OtherClientsTest {
    private static VisionLanguageModel model;
    private static DualEncoder clip;
    private static FoveaServer server;
    private static OpenAIClient openai;

    @BeforeAll
    static void start() {
        model = Peek.open();
        clip = Peek.openClip();
        server = FoveaServer.start(new Served("peek", model, clip), ServerOptions.defaults());
        openai = OpenAIOkHttpClient.builder()
                .baseUrl(server.address() + "/v1")
                .apiKey("none needed")
                .build();
    }

    @AfterAll
    static void stop() {
        openai.close();
        server.close();
        clip.close();
        model.close();
    }

    private static String alone() {
        Answer answer = model.ask(
                List.of(Peek.scene()),
                Peek.QUESTION,
                AskOptions.defaults().withTechniques(List.of("hiprune"), Budget.count(64)));
        return answer.text();
    }

    private static ChatCompletionCreateParams.Builder asked() {
        return ChatCompletionCreateParams.builder()
                .model("peek")
                .addUserMessageOfArrayOfContentParts(List.of(
                        ChatCompletionContentPart.ofText(ChatCompletionContentPartText.builder()
                                .text(Peek.QUESTION)
                                .build()),
                        ChatCompletionContentPart.ofImageUrl(ChatCompletionContentPartImage.builder()
                                .imageUrl(ChatCompletionContentPartImage.ImageUrl.builder()
                                        .url(Peek.sceneUrl())
                                        .build())
                                .build())))
                .putAdditionalBodyProperty("fovea", JsonValue.from(Map.of("technique", "hiprune", "budget", 64)));
    }

    @Test
    void openaisClientChatsAndStreams() {
        ChatCompletion done = openai.chat().completions().create(asked().build());
        assertThat(done.choices().getFirst().message().content()).contains(alone());
        assertThat(done.usage().orElseThrow().completionTokens()).isPositive();
        StringBuilder text = new StringBuilder();
        try (StreamResponse<ChatCompletionChunk> stream =
                openai.chat().completions().createStreaming(asked().build())) {
            stream.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .flatMap(choice -> choice.delta().content().stream())
                    .forEach(text::append);
        }
        assertThat(text).hasToString(alone());
        assertThatThrownBy(() -> openai.chat()
                        .completions()
                        .create(asked().temperature(-1.0).build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("'temperature' must be");
    }

    @Test
    void openaisClientAsksForResponsesAndEmbeddings() {
        Response response = openai.responses()
                .create(ResponseCreateParams.builder()
                        .model("peek")
                        .input("What is a circle?")
                        .build());
        assertThat(response.output()
                        .getFirst()
                        .asMessage()
                        .content()
                        .getFirst()
                        .asOutputText()
                        .text())
                .isNotNull();
        CreateEmbeddingResponse vectors = openai.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model("peek/clip")
                        .inputOfArrayOfStrings(List.of("a circle", "a star"))
                        .build());
        assertThat(vectors.data()).hasSize(2);
        assertThat(vectors.data().getFirst().embedding()).hasSizeGreaterThan(16);
    }

    private static UserMessage message() throws java.io.IOException {
        byte[] bytes = java.nio.file.Files.readAllBytes(Peek.SCENE);
        return UserMessage.from(
                ImageContent.from(Base64.getEncoder().encodeToString(bytes), "image/png"),
                TextContent.from(Peek.QUESTION));
    }

    @Test
    void langChainChatsStreamsAndEmbeds() throws Exception {
        Map<String, Object> fovea = Map.of("fovea", Map.of("technique", "hiprune", "budget", 64));
        OpenAiChatModel chat = OpenAiChatModel.builder()
                .baseUrl(server.address() + "/v1")
                .apiKey("none needed")
                .modelName("peek")
                .customParameters(fovea)
                .build();
        ChatResponse done = chat.chat(message());
        assertThat(done.aiMessage().text()).isEqualTo(alone());
        assertThat(done.tokenUsage().outputTokenCount()).isPositive();
        OpenAiStreamingChatModel streaming = OpenAiStreamingChatModel.builder()
                .baseUrl(server.address() + "/v1")
                .apiKey("none needed")
                .modelName("peek")
                .customParameters(fovea)
                .build();
        CompletableFuture<ChatResponse> streamed = new CompletableFuture<>();
        streaming.chat(List.of(message()), new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String part) {}

            @Override
            public void onCompleteResponse(ChatResponse response) {
                streamed.complete(response);
            }

            @Override
            public void onError(Throwable error) {
                streamed.completeExceptionally(error);
            }
        });
        assertThat(streamed.get(30, TimeUnit.SECONDS).aiMessage().text()).isEqualTo(alone());
        OpenAiEmbeddingModel embedding = OpenAiEmbeddingModel.builder()
                .baseUrl(server.address() + "/v1")
                .apiKey("none needed")
                .modelName("peek/clip")
                .build();
        assertThat(embedding.embed("a circle").content().dimension()).isGreaterThan(16);
    }
}

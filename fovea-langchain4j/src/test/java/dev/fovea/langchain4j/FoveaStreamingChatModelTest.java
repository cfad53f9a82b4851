package dev.fovea.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.core.SharedModel;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Streams bring the same answers in pieces, and end when they are told to. */
class FoveaStreamingChatModelTest {
    private static SharedModel shared;
    private static FoveaChatModel whole;
    private static FoveaStreamingChatModel streaming;

    @BeforeAll
    static void open() {
        shared = Peek.open();
        whole = FoveaChatModel.builder().sharedModel(shared).build();
        streaming = FoveaStreamingChatModel.builder().sharedModel(shared).build();
    }

    @AfterAll
    static void close() {
        shared.close();
    }

    /** Keeps what it hears. */
    private static class Ear implements StreamingChatResponseHandler {
        final List<String> parts = new CopyOnWriteArrayList<>();
        final List<Throwable> errors = new CopyOnWriteArrayList<>();
        final CompletableFuture<ChatResponse> end = new CompletableFuture<>();

        @Override
        public void onPartialResponse(String part) {
            parts.add(part);
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            end.complete(response);
        }

        @Override
        public void onError(Throwable error) {
            errors.add(error);
            end.completeExceptionally(error);
        }

        ChatResponse response() throws Exception {
            return end.get(30, TimeUnit.SECONDS);
        }
    }

    private static List<ChatMessage> asked() {
        return List.of(Peek.asked("What do you see?"));
    }

    @Test
    void piecesMakeTheWholeAnswer() throws Exception {
        ChatResponse wanted = whole.chat(asked());
        Ear ear = new Ear();
        streaming.chat(asked(), ear);
        ChatResponse response = ear.response();
        assertThat(response.aiMessage()).isEqualTo(wanted.aiMessage());
        assertThat(String.join("", ear.parts)).isEqualTo(wanted.aiMessage().text());
        assertThat(ear.parts).hasSizeGreaterThan(1);
        assertThat(response.tokenUsage().outputTokenCount())
                .isEqualTo(wanted.tokenUsage().outputTokenCount());
        assertThat(ear.errors).isEmpty();
    }

    @Test
    void aHandlerMayAskTheModelItself() throws Exception {
        CompletableFuture<String> inner = new CompletableFuture<>();
        Ear ear = new Ear() {
            @Override
            public void onPartialResponse(String part) {
                super.onPartialResponse(part);
                if (parts.size() == 1) {
                    inner.complete(
                            whole.chat(Peek.asked(Peek.QUESTION)).aiMessage().text());
                }
            }
        };
        streaming.chat(asked(), ear);
        assertThat(ear.response().aiMessage().text()).isNotBlank();
        assertThat(inner.get())
                .isEqualTo(whole.chat(Peek.asked(Peek.QUESTION)).aiMessage().text());
    }

    @Test
    void aStreamThatIsCancelledSaysNothingMore() throws Exception {
        Ear ear = new Ear() {
            @Override
            public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                parts.add(part.text());
                context.streamingHandle().cancel();
            }
        };
        streaming.chat(asked(), ear);
        // The batch is done with it before it answers this.
        whole.chat(asked());
        Thread.sleep(100);
        assertThat(ear.parts).hasSize(1);
        assertThat(ear.end).isNotDone();
    }

    @Test
    void aHandlerThatFailsIsToldAndGetsTheRest() throws Exception {
        Ear ear = new Ear() {
            @Override
            public void onPartialResponse(String part) {
                super.onPartialResponse(part);
                if (parts.size() == 1) {
                    throw new IllegalStateException("the handler's own");
                }
            }

            @Override
            public void onError(Throwable error) {
                errors.add(error);
            }
        };
        streaming.chat(asked(), ear);
        ChatResponse response = ear.response();
        assertThat(String.join("", ear.parts)).isEqualTo(response.aiMessage().text());
        assertThat(ear.errors).singleElement().satisfies(e -> assertThat(e).hasMessage("the handler's own"));
    }

    @Test
    void whatIsWrongReachesTheHandler() {
        Ear ear = new Ear();
        streaming.chat(
                List.of(UserMessage.from(ImageContent.from("file:///etc/passwd"), TextContent.from("What is this?"))),
                ear);
        Assertions.assertThatThrownBy(ear::response)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("Picture 1 is not a data URL");
    }
}

package dev.fovea.spring.ai;

import dev.fovea.core.BatchAnswer;
import dev.fovea.core.generate.FinishReason;
import java.util.List;
import java.util.UUID;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.metadata.ChatGenerationMetadata;
import org.springframework.ai.chat.metadata.ChatResponseMetadata;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;

/** Says answers in Spring AI's words. */
final class Responses {
    /** In the metadata of a response: what became of every visual token. */
    static final String LEDGER = "ledger";

    private Responses() {}

    static ChatResponse whole(BatchAnswer done, String model) {
        return response(done, model, done.answer().text());
    }

    /** A piece of an answer. */
    static ChatResponse piece(String text) {
        return new ChatResponse(List.of(new Generation(new AssistantMessage(text))));
    }

    /** What comes behind the last piece: why the answer ended, and what it cost. */
    static ChatResponse end(BatchAnswer done, String model) {
        return response(done, model, "");
    }

    private static ChatResponse response(BatchAnswer done, String model, String text) {
        ChatGenerationMetadata why = ChatGenerationMetadata.builder()
                .finishReason(finish(done.answer().finish()))
                .build();
        ChatResponseMetadata metadata = ChatResponseMetadata.builder()
                .id(UUID.randomUUID().toString())
                .model(model)
                .usage(new FoveaUsage(done))
                .keyValue(LEDGER, done.answer().ledger())
                .build();
        return new ChatResponse(List.of(new Generation(new AssistantMessage(text), why)), metadata);
    }

    /** In the words that Spring AI's other models use. */
    private static String finish(FinishReason reason) {
        return switch (reason) {
            case END, STOP_STRING -> "STOP";
            case MAX_TOKENS, CONTEXT -> "LENGTH";
            case CANCELLED -> "CANCELLED";
        };
    }
}

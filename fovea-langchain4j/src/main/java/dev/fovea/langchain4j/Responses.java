package dev.fovea.langchain4j;

import dev.fovea.core.BatchAnswer;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import java.util.UUID;

/** Says an answer in LangChain4j's words. */
final class Responses {
    private Responses() {}

    static ChatResponse of(BatchAnswer done, String model) {
        return ChatResponse.builder()
                .aiMessage(AiMessage.from(done.answer().text()))
                .metadata(FoveaChatResponseMetadata.of(done)
                        .id(UUID.randomUUID().toString())
                        .modelName(model)
                        .finishReason(finish(done.answer().finish()))
                        .build())
                .build();
    }

    private static FinishReason finish(dev.fovea.core.generate.FinishReason reason) {
        return switch (reason) {
            case END, STOP_STRING -> FinishReason.STOP;
            case MAX_TOKENS, CONTEXT -> FinishReason.LENGTH;
            case CANCELLED -> FinishReason.OTHER;
        };
    }
}

package dev.fovea.langchain4j;

import dev.fovea.core.SharedModel;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.List;
import java.util.Set;

/**
 * A vision-language model of this process as LangChain4j's chat model. Messages of the user may hold texts, pictures and
 * PDF documents (base64 or data URLs; addresses are not opened), whose pages are pictures too; requests that come at the
 * same time are answered in one batch. What a request does not say is as the builder says, and else greedy with all visual
 * tokens.
 *
 * <p>Answers bring {@link FoveaTokenUsage} and {@link FoveaChatResponseMetadata}; {@link FoveaChatRequestParameters} choose
 * techniques, budget and pages per request. Answers may be held to a JSON schema. Tools are not supported.
 *
 * <p>What is wrong with a request is a {@link dev.langchain4j.exception.InvalidRequestException} of one sentence; a queue
 * that is full a {@link dev.langchain4j.exception.RateLimitException}. Safe for use by several threads.
 */
public final class FoveaChatModel implements ChatModel, AutoCloseable {
    private final Chats chats;

    private FoveaChatModel(Chats chats) {
        this.chats = chats;
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public ChatResponse doChat(ChatRequest request) {
        try {
            RequestReader.Asked asked = chats.reader().read(request);
            SharedModel shared = chats.shared();
            return Responses.of(shared.ask(asked.messages(), asked.images(), asked.options()), shared.name());
        } catch (RuntimeException e) {
            throw Failures.of(e);
        }
    }

    @Override
    public FoveaChatRequestParameters defaultRequestParameters() {
        return chats.parameters();
    }

    @Override
    public List<ChatModelListener> listeners() {
        return chats.listeners();
    }

    @Override
    public Set<Capability> supportedCapabilities() {
        return Set.of(Capability.RESPONSE_FORMAT_JSON_SCHEMA);
    }

    /** Closes the model, if the builder opened it. */
    @Override
    public void close() {
        chats.close();
    }

    /** Builds chat models. */
    public static final class Builder extends ChatBuilder<Builder> {
        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /** @throws RuntimeException with one sentence, if the model cannot be opened */
        public FoveaChatModel build() {
            return new FoveaChatModel(chats());
        }
    }
}

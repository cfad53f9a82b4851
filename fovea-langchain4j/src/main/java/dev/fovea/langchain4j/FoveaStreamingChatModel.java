package dev.fovea.langchain4j;

import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import java.util.List;
import java.util.Set;

/**
 * As {@link FoveaChatModel}, but answers are handed on while they are generated: as pieces of whole characters, in order,
 * on a virtual thread of each request. A handler may take its time, other answers do not wait for it. Whatever is wrong
 * with a request reaches its handler. A stream that is cancelled by its handle leaves the batch at the next token, and its
 * handler hears nothing more.
 */
public final class FoveaStreamingChatModel implements StreamingChatModel, AutoCloseable {
    private final Chats chats;

    private FoveaStreamingChatModel(Chats chats) {
        this.chats = chats;
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
        Thread.ofVirtual().name("fovea-stream").start(new AnswerStream(chats, request, handler));
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

    /** Closes the model, if the builder opened it; streams that run then end in an error. */
    @Override
    public void close() {
        chats.close();
    }

    /** Builds streaming chat models. */
    public static final class Builder extends ChatBuilder<Builder> {
        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /** @throws RuntimeException with one sentence, if the model cannot be opened */
        public FoveaStreamingChatModel build() {
            return new FoveaStreamingChatModel(chats());
        }
    }
}

package dev.fovea.langchain4j;

import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ContentType;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.embedding.DimensionAwareEmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingParameter;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.request.EmbeddingRequestParameters;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.embedding.response.EmbeddingResponseMetadata;
import dev.langchain4j.model.output.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A CLIP or SigLIP dual encoder of this process as LangChain4j's embedding model: texts and pictures (base64 or data URLs)
 * as vectors of length 1 in one space, so that a text finds pictures. Each input is one text or one picture. Long texts
 * are cut at what the text tower reads. Safe for use by several threads.
 */
public final class FoveaEmbeddingModel extends DimensionAwareEmbeddingModel implements AutoCloseable {
    private final Encoding encoding;
    private final List<EmbeddingModelListener> listeners;

    private FoveaEmbeddingModel(Encoding encoding, List<EmbeddingModelListener> listeners) {
        this.encoding = encoding;
        this.listeners = listeners;
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public EmbeddingResponse embed(EmbeddingRequest request) {
        return listeners.isEmpty()
                ? super.embed(request)
                : new Announced(this, listeners).embed(request, new FoveaEmbeddingModel(encoding, List.of()));
    }

    @Override
    public EmbeddingResponse doEmbed(EmbeddingRequest request) {
        try {
            List<Content> contents = new ArrayList<>();
            request.inputs().forEach(input -> contents.add(only(input)));
            return EmbeddingResponse.builder()
                    .embeddings(encoding.embed(contents))
                    .metadata(EmbeddingResponseMetadata.builder()
                            .modelName(encoding.name())
                            .tokenUsage(new TokenUsage(encoding.tokens(contents)))
                            .build())
                    .build();
        } catch (RuntimeException e) {
            throw Failures.of(e);
        }
    }

    private static Content only(EmbeddingInput input) {
        if (input.contents().size() != 1) {
            throw new UnsupportedFeatureException(
                    "A dual encoder has a vector for each text and for each picture, and none for "
                            + input.contents().size() + " contents together; give each as an input of its own.");
        }
        return input.contents().getFirst();
    }

    /** What a text is for changes nothing: queries and documents have the same vectors. */
    @Override
    public Set<EmbeddingParameter<?>> supportedParameters() {
        return Set.of(EmbeddingRequestParameters.INPUT_TYPE);
    }

    @Override
    public Set<ContentType> supportedContentTypes() {
        return Set.of(ContentType.TEXT, ContentType.IMAGE);
    }

    @Override
    public List<EmbeddingModelListener> listeners() {
        return listeners;
    }

    @Override
    public String modelName() {
        return encoding.name();
    }

    /** Closes the encoder, if the builder opened it. */
    @Override
    public void close() {
        encoding.close();
    }

    /** Builds embedding models. */
    public static final class Builder extends EncoderBuilder<Builder> {
        private List<EmbeddingModelListener> listeners = List.of();

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /** Told of every request, response and failure. */
        public Builder listeners(List<EmbeddingModelListener> values) {
            this.listeners = List.copyOf(values);
            return this;
        }

        /** @throws RuntimeException with one sentence, if the encoder cannot be opened */
        public FoveaEmbeddingModel build() {
            return new FoveaEmbeddingModel(encoding(), listeners);
        }
    }
}

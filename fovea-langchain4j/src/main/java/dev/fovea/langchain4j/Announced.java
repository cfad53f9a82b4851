package dev.fovea.langchain4j;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelErrorContext;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.listener.EmbeddingModelRequestContext;
import dev.langchain4j.model.embedding.listener.EmbeddingModelResponseContext;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.output.Response;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An embedding that listeners are told of, where inputs may be pictures: LangChain4j 1.19 itself makes a text segment of
 * every input for its listeners, which fails where an input has no text.
 *
 * @param model whose listeners they are
 * @param listeners one that fails is noted, and changes nothing
 */
record Announced(EmbeddingModel model, List<EmbeddingModelListener> listeners) {
    private static final Logger LOG = LoggerFactory.getLogger(Announced.class);

    /** @param unheard embeds, without telling anybody */
    EmbeddingResponse embed(EmbeddingRequest request, EmbeddingModel unheard) {
        List<TextSegment> texts = request.inputs().stream()
                .map(input -> input.text())
                .filter(text -> !text.isBlank())
                .map(TextSegment::from)
                .toList();
        Map<Object, Object> attributes = new ConcurrentHashMap<>();
        EmbeddingModelRequestContext asked = EmbeddingModelRequestContext.builder()
                .textSegments(texts)
                .embeddingRequest(request)
                .embeddingModel(model)
                .attributes(attributes)
                .build();
        tell(listener -> listener.onRequest(asked));
        try {
            EmbeddingResponse response = unheard.embed(request);
            EmbeddingModelResponseContext answered = EmbeddingModelResponseContext.builder()
                    .embeddingRequest(request)
                    .embeddingResponse(response)
                    .response(Response.from(response.embeddings(), response.tokenUsage()))
                    .textSegments(texts)
                    .embeddingModel(model)
                    .attributes(attributes)
                    .build();
            tell(listener -> listener.onResponse(answered));
            return response;
        } catch (RuntimeException e) {
            EmbeddingModelErrorContext failed = EmbeddingModelErrorContext.builder()
                    .error(e)
                    .embeddingRequest(request)
                    .textSegments(texts)
                    .embeddingModel(model)
                    .attributes(attributes)
                    .build();
            tell(listener -> listener.onError(failed));
            throw e;
        }
    }

    private void tell(Consumer<EmbeddingModelListener> news) {
        for (EmbeddingModelListener listener : listeners) {
            try {
                news.accept(listener);
            } catch (RuntimeException e) {
                LOG.warn("A listener of an embedding model failed; that changes nothing.", e);
            }
        }
    }
}

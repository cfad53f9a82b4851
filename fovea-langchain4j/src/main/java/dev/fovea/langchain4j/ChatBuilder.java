package dev.fovea.langchain4j;

import dev.fovea.core.BatchOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.SharedModel;
import dev.fovea.core.image.PictureLimits;
import dev.fovea.document.DocumentLimits;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What chat models, whole and streaming, are built from: a model, and what requests may leave out.
 *
 * @param <B> the builder itself
 */
public abstract sealed class ChatBuilder<B extends ChatBuilder<B>>
        permits FoveaChatModel.Builder, FoveaStreamingChatModel.Builder {
    /** Answers of requests that do not say how long they may be. */
    private static final int USUAL_TOKENS = 1_024;

    private @Nullable Path path;
    private @Nullable SharedModel shared;
    private OpenOptions opening = OpenOptions.defaults();
    private PictureLimits limits = PictureLimits.DEFAULT;
    private DocumentLimits documentLimits = DocumentLimits.DEFAULT;
    private FoveaChatRequestParameters parameters =
            FoveaChatRequestParameters.builder().build();
    private List<ChatModelListener> listeners = List.of();

    ChatBuilder() {}

    abstract B self();

    /** The folder of a checkpoint, or a GGUF file; closing the chat model closes it. */
    public B modelPath(Path folder) {
        this.path = folder;
        return self();
    }

    /** How {@link #modelPath} is opened. */
    public B openOptions(OpenOptions options) {
        this.opening = options;
        return self();
    }

    /** A model that is open already, which several chat models may share; who opened it closes it, after them. */
    public B sharedModel(SharedModel model) {
        this.shared = model;
        return self();
    }

    /** Techniques as typed on a command line: {@code id} or {@code id:knob=value,...}; several act together. */
    public B techniques(String... specs) {
        return override(FoveaChatRequestParameters.builder()
                .techniques(specs)
                .budget(parameters.budget())
                .build());
    }

    /** Visual tokens to spend: {@code 64}, {@code 25%} or {@code full}. */
    public B budget(String tokens) {
        return override(FoveaChatRequestParameters.builder().budget(tokens).build());
    }

    /** A count of visual tokens to spend. */
    public B budget(int tokens) {
        return budget(Integer.toString(tokens));
    }

    /** 0, the default, always takes the likeliest token. */
    public B temperature(double value) {
        return override(FoveaChatRequestParameters.builder().temperature(value).build());
    }

    public B topP(double value) {
        return override(FoveaChatRequestParameters.builder().topP(value).build());
    }

    public B topK(int value) {
        return override(FoveaChatRequestParameters.builder().topK(value).build());
    }

    public B seed(long value) {
        return override(FoveaChatRequestParameters.builder().seed(value).build());
    }

    /** The longest answer (default: 1024 tokens). */
    public B maxOutputTokens(int tokens) {
        return override(
                FoveaChatRequestParameters.builder().maxOutputTokens(tokens).build());
    }

    /** Texts that end an answer; they are not part of it. */
    public B stopSequences(String... texts) {
        return override(FoveaChatRequestParameters.builder()
                .stopSequences(List.of(texts))
                .build());
    }

    /** All parameters that requests may leave out, in place of what was set so far where these say something. */
    public B defaultRequestParameters(ChatRequestParameters values) {
        return override(values);
    }

    private B override(ChatRequestParameters values) {
        parameters = parameters.overrideWith(values);
        return self();
    }

    /** What a picture file may ask for. */
    public B pictureLimits(PictureLimits values) {
        this.limits = values;
        return self();
    }

    /** What a PDF document may ask for. */
    public B documentLimits(DocumentLimits values) {
        this.documentLimits = values;
        return self();
    }

    /** Told of every request, response and failure. */
    public B listeners(List<ChatModelListener> values) {
        this.listeners = List.copyOf(values);
        return self();
    }

    Chats chats() {
        if ((path == null) == (shared == null)) {
            throw new IllegalArgumentException("Give the builder either a modelPath or a sharedModel.");
        }
        boolean owned = shared == null;
        SharedModel model = shared != null
                ? shared
                : SharedModel.open(Objects.requireNonNull(path), opening, BatchOptions.defaults());
        Documents documents = new Documents(documentLimits, model.model()::pictureScale);
        RequestReader reader = new RequestReader(model, new Pictures(limits), documents, USUAL_TOKENS);
        return new Chats(model, owned, reader, parameters, listeners);
    }
}

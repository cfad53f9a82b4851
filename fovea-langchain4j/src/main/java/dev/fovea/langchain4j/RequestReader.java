package dev.fovea.langchain4j;

import dev.fovea.core.AskOptions;
import dev.fovea.core.AskWishes;
import dev.fovea.core.SharedModel;
import dev.fovea.core.generate.Grammar;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.text.ChatMessage;
import dev.fovea.document.DocumentWish;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.internal.Json;
import dev.langchain4j.internal.JsonSchemaElementUtils;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.json.JsonRawSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says a request of LangChain4j in the engine's words; what the engine cannot do is refused, never left out. */
final class RequestReader {
    private final SharedModel shared;
    private final Pictures pictures;
    private final Documents documents;
    private final int usualTokens;

    RequestReader(SharedModel shared, Pictures pictures, Documents documents, int usualTokens) {
        this.shared = shared;
        this.pictures = pictures;
        this.documents = documents;
        this.usualTokens = usualTokens;
    }

    /**
     * A conversation to answer.
     *
     * @param messages in order, with a place for each picture
     * @param images the pictures, in the order of the places
     * @param options techniques, budget and generation
     */
    record Asked(List<ChatMessage> messages, List<RgbImage> images, AskOptions options) {}

    /** @param request with the model's own parameters where it says nothing */
    Asked read(ChatRequest request) {
        FoveaChatRequestParameters parameters = FoveaChatRequestParameters.builder()
                .overrideWith(request.parameters())
                .build();
        refuse(parameters);
        Contents contents =
                new Contents(pictures, documents, DocumentWish.of(parameters.pages(), parameters.documentPassword()));
        List<ChatMessage> messages = new ArrayList<>();
        request.messages().forEach(message -> messages.add(message(message, contents)));
        if (!messages.getLast().role().equals("user")) {
            throw new IllegalArgumentException("The last message must be the user's, for the model to answer it.");
        }
        return new Asked(messages, contents.images(), options(parameters));
    }

    private void refuse(FoveaChatRequestParameters asked) {
        String name = asked.modelName();
        if (name != null && !name.equals(shared.name())) {
            throw new ModelNotFoundException(
                    "This model is '" + shared.name() + "', and '" + name + "' was asked for; leave the name out.");
        }
        if (asked.toolSpecifications() != null && !asked.toolSpecifications().isEmpty()) {
            throw new UnsupportedFeatureException("Fovea's models call no tools; leave them out.");
        }
        if (asked.frequencyPenalty() != null || asked.presencePenalty() != null) {
            throw new UnsupportedFeatureException("Penalties of frequency and presence are not supported; use"
                    + " FoveaChatRequestParameters.repetitionPenalty.");
        }
    }

    private static ChatMessage message(dev.langchain4j.data.message.ChatMessage message, Contents contents) {
        return switch (message) {
            case SystemMessage system -> ChatMessage.of("system", 0, system.text());
            case AiMessage said -> assistant(said);
            case UserMessage asked -> contents.of(asked);
            default ->
                throw new UnsupportedFeatureException("Messages of the kind " + message.type()
                        + " are not supported; give those of the system, the user and the model.");
        };
    }

    private static ChatMessage assistant(AiMessage said) {
        if (said.hasToolExecutionRequests()) {
            throw new UnsupportedFeatureException(
                    "Fovea's models call no tools, so no answer of theirs asked for one; leave it out.");
        }
        return ChatMessage.of("assistant", 0, said.text() == null ? "" : said.text());
    }

    private AskOptions options(FoveaChatRequestParameters asked) {
        AskOptions options = new AskWishes(
                        asked.techniques(),
                        asked.budget(),
                        asked.maxOutputTokens(),
                        asked.stopSequences(),
                        asked.repetitionPenalty(),
                        asked.temperature(),
                        asked.topK(),
                        asked.topP(),
                        asked.minP(),
                        asked.seed())
                .options(usualTokens);
        Grammar form = form(asked.responseFormat());
        return form == null
                ? options
                : options.withGeneration(options.generation().withGrammar(form));
    }

    private @Nullable Grammar form(@Nullable ResponseFormat format) {
        if (format == null || format.type() == ResponseFormatType.TEXT) {
            return null;
        }
        JsonSchema schema = format.jsonSchema();
        return shared.model().json(schema == null ? null : text(schema.rootElement()));
    }

    private static String text(JsonSchemaElement element) {
        return element instanceof JsonRawSchema raw
                ? raw.schema()
                : Json.toJson(JsonSchemaElementUtils.toMap(element, true));
    }
}

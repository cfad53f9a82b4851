package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.GenerationOptions;
import dev.fovea.core.generate.Grammar;
import dev.fovea.core.generate.SamplingOptions;
import dev.fovea.core.message.Printable;
import dev.fovea.core.text.TextException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Reads how an answer is generated. What is not said is greedy, as everywhere in Fovea. Safe for use by several threads.
 */
final class GenerationReader {
    /** Fields of sampling, the same in all forms of requests; some are those of other servers. */
    static final Set<String> FIELDS = Set.of(
            "temperature",
            "top_p",
            "top_k",
            "min_p",
            "repetition_penalty",
            "seed",
            "presence_penalty",
            "frequency_penalty",
            "logit_bias");

    /** Answers of requests that do not say how long they may be. */
    private static final int USUAL_TOKENS = 1_024;

    private static final int MOST_STOPS = 16;

    private final VisionLanguageModel model;
    private final int mostTokens;

    GenerationReader(VisionLanguageModel model, Limits limits) {
        this.model = model;
        this.mostTokens = limits.tokens();
    }

    SamplingOptions sampling(Fields request) {
        request.refuse("presence_penalty", "'presence_penalty' is not supported; use 'repetition_penalty'.");
        request.refuse("frequency_penalty", "'frequency_penalty' is not supported; use 'repetition_penalty'.");
        request.refuse("logit_bias", "'logit_bias' is not supported; leave it out.");
        double temperature = request.number("temperature", 0, 2, 0);
        double topP = request.number("top_p", 0, 1, 1);
        Long topK = request.whole("top_k", -1, Integer.MAX_VALUE);
        Long seed = request.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE);
        return new SamplingOptions(
                request.number("repetition_penalty", 0.01, 100, 1),
                temperature,
                topK == null ? 0 : Math.toIntExact(Math.max(0, topK)),
                // Nothing of the probability is the likeliest token alone.
                Math.max(topP, 1e-9),
                request.number("min_p", 0, 1, 0),
                seed == null ? ThreadLocalRandom.current().nextLong() : seed);
    }

    /** The longest answer, by the first of these fields that is there. */
    int maxTokens(Fields request, String... names) {
        for (String name : names) {
            Long asked = request.whole(name, 1, mostTokens);
            if (asked != null) {
                return asked.intValue();
            }
        }
        return Math.min(USUAL_TOKENS, mostTokens);
    }

    List<String> stops(Fields request) {
        List<String> stops = request.texts("stop");
        boolean plain = stops.size() <= MOST_STOPS && stops.stream().noneMatch(s -> s.isEmpty() || s.length() > 1_000);
        if (!plain) {
            throw ApiException.invalid(
                    "stop", "'stop' must be at most " + MOST_STOPS + " texts of 1 to 1000 characters.");
        }
        return stops;
    }

    /** The form of the answer from {@code response_format} or {@code text.format}; null for free text. */
    @Nullable
    Grammar grammar(@Nullable Fields format) {
        if (format == null) {
            return null;
        }
        String type = format.text("type");
        return switch (type == null ? "" : type) {
            case "text" -> null;
            case "json_object" -> made(null, format);
            case "json_schema" -> {
                // Chats wrap the schema in an object of its own, responses do not.
                Fields inner = format.object("json_schema");
                JsonNode schema = (inner == null ? format : inner).get("schema");
                if (schema == null) {
                    throw ApiException.invalid(
                            format.path() + "json_schema", "The format json_schema needs a 'schema'.");
                }
                yield made(schema, format);
            }
            default ->
                throw ApiException.invalid(
                        format.path() + "type",
                        "The format '" + Printable.of(type)
                                + "' is not known; formats are text, json_object and json_schema.");
        };
    }

    private Grammar made(@Nullable JsonNode schema, Fields format) {
        try {
            return model.json(schema == null ? null : schema.toString());
        } catch (IllegalArgumentException | TextException e) {
            throw ApiException.invalid(format.path() + "type", Printable.sentence(String.valueOf(e.getMessage())));
        }
    }

    /** As many of the likeliest tokens at each place as were asked for. */
    int likeliest(Fields request) {
        Long asked = request.whole("top_logprobs", 0, GenerationOptions.MOST_LIKELIEST);
        if (asked != null && asked > 0 && !request.flag("logprobs")) {
            throw ApiException.invalid("top_logprobs", "'top_logprobs' needs 'logprobs' to be true.");
        }
        return asked == null ? 0 : asked.intValue();
    }
}

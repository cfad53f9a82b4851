package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.generate.GenerationOptions;
import dev.fovea.core.generate.Grammar;
import java.util.Set;

/** Reads the requests of {@code /v1/chat/completions}. */
final class ChatReader {
    private static final Set<String> READ = Set.of(
            "model",
            "messages",
            "stream",
            "stream_options",
            "max_tokens",
            "max_completion_tokens",
            "stop",
            "logprobs",
            "top_logprobs",
            "response_format",
            "n",
            "fovea");

    /** Wishes that are refused unless they ask for nothing. */
    private static final Set<String> REFUSED = Set.of(
            "tools",
            "functions",
            "tool_choice",
            "function_call",
            "modalities",
            "audio",
            "prediction",
            "web_search_options");

    /** What says nothing about the answer. */
    static final Set<String> REMARKS = Set.of(
            "user",
            "metadata",
            "store",
            "service_tier",
            "parallel_tool_calls",
            "safety_identifier",
            "prompt_cache_key",
            "prompt_cache_retention",
            "reasoning_effort",
            "verbosity");

    private static final Set<String> KNOWN = Fields.names(READ, REFUSED, REMARKS, GenerationReader.FIELDS);

    private final GenerationReader generation;
    private final ServerOptions options;

    ChatReader(GenerationReader generation, ServerOptions options) {
        this.generation = generation;
        this.options = options;
    }

    /** @throws ApiException with one sentence about the first thing that is wrong */
    Wish read(JsonNode body, String model) {
        Fields request = Fields.of(body, "");
        request.only(KNOWN);
        for (String name : new String[] {"tools", "functions"}) {
            request.refuse(name, "This server runs no tools; leave '" + name + "' out.");
        }
        request.refuse("audio", "Sound is not supported; leave 'audio' out.");
        request.refuse("prediction", "'prediction' is not supported; leave it out.");
        Long n = request.whole("n", 1, 1);
        if (!request.texts("modalities").stream().allMatch("text"::equals) || (n != null && n != 1)) {
            throw ApiException.invalid("modalities", "Answers are text; leave 'modalities' out.");
        }
        Prompt prompt = PromptReader.read(request.list("messages"), "messages");
        Grammar grammar = generation.grammar(request.object("response_format"));
        Fields stream = request.object("stream_options");
        return new Wish(
                model,
                prompt,
                DocumentFields.read(request),
                Spending.of(request, options),
                new GenerationOptions(
                        generation.sampling(request),
                        generation.maxTokens(request, "max_completion_tokens", "max_tokens"),
                        generation.stops(request),
                        generation.likeliest(request),
                        grammar),
                request.flag("stream"),
                stream != null && stream.flag("include_usage"),
                request.flag("logprobs"));
    }
}

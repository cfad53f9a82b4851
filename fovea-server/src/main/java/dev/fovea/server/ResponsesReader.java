package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.generate.GenerationOptions;
import dev.fovea.core.message.Printable;
import java.util.List;
import java.util.Set;

/** Reads the requests of {@code /v1/responses}. Nothing is kept between them: a conversation comes as a whole. */
final class ResponsesReader {
    private static final Set<String> READ = Set.of(
            "model",
            "input",
            "instructions",
            "stream",
            "max_output_tokens",
            "text",
            "stop",
            "include",
            "top_logprobs",
            "fovea");

    private static final Set<String> REFUSED = Set.of(
            "tools", "tool_choice", "previous_response_id", "conversation", "background", "prompt", "max_tool_calls");

    private static final Set<String> REMARKS =
            Set.of("truncation", "reasoning", "stream_options", "context_management");

    private static final Set<String> KNOWN =
            Fields.names(READ, REFUSED, REMARKS, ChatReader.REMARKS, GenerationReader.FIELDS);

    private final GenerationReader generation;
    private final ServerOptions options;

    ResponsesReader(GenerationReader generation, ServerOptions options) {
        this.generation = generation;
        this.options = options;
    }

    /** @throws ApiException with one sentence about the first thing that is wrong */
    Wish read(JsonNode body, String model) {
        Fields request = Fields.of(body, "");
        request.only(KNOWN);
        request.refuse("tools", "This server runs no tools; leave 'tools' out.");
        request.refuse("previous_response_id", "Responses are not kept; send the whole conversation in 'input'.");
        request.refuse("conversation", "Conversations are not kept; send the whole one in 'input'.");
        request.refuse("background", "Answers are not made in the background; leave 'background' out.");
        request.refuse("prompt", "Prompts are not kept; send the text in 'input'.");
        Fields text = request.object("text");
        if (text != null) {
            text.only(Set.of("format", "verbosity"));
        }
        Long likeliest = request.whole("top_logprobs", 0, GenerationOptions.MOST_LIKELIEST);
        return new Wish(
                model,
                prompt(request),
                DocumentFields.read(request),
                Spending.of(request, options),
                new GenerationOptions(
                        generation.sampling(request),
                        generation.maxTokens(request, "max_output_tokens"),
                        generation.stops(request),
                        likeliest == null ? 0 : likeliest.intValue(),
                        generation.grammar(text == null ? null : text.object("format"))),
                request.flag("stream"),
                true,
                logprobs(request) || (likeliest != null && likeliest > 0));
    }

    private static boolean logprobs(Fields request) {
        List<String> include = request.texts("include");
        for (String one : include) {
            if (!one.equals("message.output_text.logprobs") && !one.equals("reasoning.encrypted_content")) {
                throw ApiException.invalid("include", "'" + Printable.of(one) + "' cannot be included.");
            }
        }
        return include.contains("message.output_text.logprobs");
    }

    private static Prompt prompt(Fields request) {
        JsonNode input = request.get("input");
        PromptReader reader = new PromptReader();
        reader.instructions(request.text("instructions"));
        if (input == null) {
            throw ApiException.invalid("input", "A response needs an 'input'.");
        } else if (input.isTextual()) {
            reader.user(input.textValue());
        } else {
            reader.all(request.list("input"), "input");
        }
        return reader.prompt("input");
    }
}

package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.BatchAnswer;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.Generated;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code /v1/responses}. */
final class ResponsesDialect implements GenerationEndpoint.Dialect {
    private final VisionLanguageModel model;
    private final ResponsesReader reader;

    ResponsesDialect(VisionLanguageModel model, ResponsesReader reader) {
        this.model = model;
        this.reader = reader;
    }

    @Override
    public Wish read(JsonNode body, String name) {
        return reader.read(body, name);
    }

    @Override
    public Streaming.Form streamed(Call call, Wish wish, EventStream events) throws IOException {
        return new Events(call, wish, events);
    }

    @Override
    public ObjectNode whole(Call call, Wish wish, BatchAnswer done) {
        return response(call, wish, done);
    }

    private static boolean complete(BatchAnswer done) {
        return Answers.finish(done.answer().finish()).equals("stop");
    }

    /** @param done the answer, or null while it is generated */
    private ObjectNode response(Call call, Wish wish, @Nullable BatchAnswer done) {
        String status = done == null ? "in_progress" : complete(done) ? "completed" : "incomplete";
        ObjectNode response = Answers.JSON
                .createObjectNode()
                .put("id", "resp_" + call.id())
                .put("object", "response")
                .put("created_at", Instant.now().getEpochSecond())
                .put("status", status)
                .putNull("error");
        if (status.equals("incomplete")) {
            response.putObject("incomplete_details").put("reason", "max_output_tokens");
        } else {
            response.putNull("incomplete_details");
        }
        response.putNull("instructions")
                .put("max_output_tokens", wish.generation().maxTokens())
                .put("model", wish.model());
        ArrayNode output = response.putArray("output");
        response.put("parallel_tool_calls", false)
                .putNull("previous_response_id")
                .put("store", false)
                .put("temperature", wish.generation().sampling().temperature())
                .put("top_p", wish.generation().sampling().topP())
                .put("tool_choice", "none")
                .put("truncation", "disabled");
        response.putArray("tools");
        response.putObject("metadata");
        if (done == null) {
            return response.putNull("usage");
        }
        output.add(message(call, wish, done));
        int prompt = done.answer().promptTokens();
        int answer = done.answer().tokens().size();
        ObjectNode usage = response.putObject("usage");
        usage.put("input_tokens", prompt).put("output_tokens", answer).put("total_tokens", prompt + answer);
        usage.putObject("input_tokens_details").put("cached_tokens", done.cachedTokens());
        usage.putObject("output_tokens_details").put("reasoning_tokens", 0);
        usage.set("visual_tokens", Answers.visual(done.answer().ledger()));
        response.set("fovea", Answers.fovea(wish.spending(), done, model));
        return response;
    }

    /** @param done the answer, or null where it only begins */
    private ObjectNode message(Call call, Wish wish, @Nullable BatchAnswer done) {
        ObjectNode message = Answers.JSON
                .createObjectNode()
                .put("type", "message")
                .put("id", "msg_" + call.id())
                .put("status", done == null ? "in_progress" : complete(done) ? "completed" : "incomplete")
                .put("role", "assistant");
        ArrayNode content = message.putArray("content");
        if (done != null) {
            content.add(part(wish, done.answer().text(), done.answer().tokens()));
        }
        return message;
    }

    private ObjectNode part(Wish wish, String text, List<Generated.Token> tokens) {
        ObjectNode part =
                Answers.JSON.createObjectNode().put("type", "output_text").put("text", text);
        part.putArray("annotations");
        part.set("logprobs", wish.logprobs() ? Answers.logprobs(tokens, model) : Answers.JSON.createArrayNode());
        return part;
    }

    /** An answer in events, as responses are streamed. */
    private final class Events implements Streaming.Form {
        private final Call call;
        private final Wish wish;
        private final EventStream events;
        private int number;

        Events(Call call, Wish wish, EventStream events) throws IOException {
            this.call = call;
            this.wish = wish;
            this.events = events;
            send("response.created", event -> event.set("response", response(call, wish, null)));
            send("response.in_progress", event -> event.set("response", response(call, wish, null)));
            send(
                    "response.output_item.added",
                    event -> event.put("output_index", 0).set("item", message(call, wish, null)));
            send("response.content_part.added", event -> place(event).set("part", part(wish, "", List.of())));
        }

        private void send(String type, Consumer<ObjectNode> fields) throws IOException {
            ObjectNode event = Answers.JSON.createObjectNode().put("type", type).put("sequence_number", number++);
            fields.accept(event);
            events.send(type, event);
        }

        private ObjectNode place(ObjectNode event) {
            return event.put("item_id", "msg_" + call.id())
                    .put("output_index", 0)
                    .put("content_index", 0);
        }

        private ArrayNode logprobs(List<Generated.Token> tokens) {
            return wish.logprobs() ? Answers.logprobs(tokens, model) : Answers.JSON.createArrayNode();
        }

        @Override
        public void text(String text, List<Generated.Token> tokens) throws IOException {
            send(
                    "response.output_text.delta",
                    event -> place(event).put("delta", text).set("logprobs", logprobs(tokens)));
        }

        @Override
        public void end(BatchAnswer done, List<Generated.Token> tokens) throws IOException {
            String text = done.answer().text();
            send(
                    "response.output_text.done",
                    event -> place(event)
                            .put("text", text)
                            .set("logprobs", logprobs(done.answer().tokens())));
            send(
                    "response.content_part.done",
                    event -> place(event)
                            .set("part", part(wish, text, done.answer().tokens())));
            send(
                    "response.output_item.done",
                    event -> event.put("output_index", 0).set("item", message(call, wish, done)));
            send(
                    complete(done) ? "response.completed" : "response.incomplete",
                    event -> event.set("response", response(call, wish, done)));
        }

        @Override
        public void error(ApiException e) throws IOException {
            send(
                    "error",
                    event -> event.put("code", e.code())
                            .put("message", e.getMessage())
                            .put("param", e.param()));
        }
    }
}

package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.BatchAnswer;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.Generated;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** {@code /v1/chat/completions}. */
final class ChatDialect implements GenerationEndpoint.Dialect {
    private final VisionLanguageModel model;
    private final ChatReader reader;

    ChatDialect(VisionLanguageModel model, ChatReader reader) {
        this.model = model;
        this.reader = reader;
    }

    @Override
    public Wish read(JsonNode body, String name) {
        return reader.read(body, name);
    }

    @Override
    public Streaming.Form streamed(Call call, Wish wish, EventStream events) throws IOException {
        return new Chunks(call, wish, events);
    }

    private static ObjectNode head(Call call, Wish wish, String object) {
        return Answers.JSON
                .createObjectNode()
                .put("id", "chatcmpl-" + call.id())
                .put("object", object)
                .put("created", Instant.now().getEpochSecond())
                .put("model", wish.model())
                .putNull("system_fingerprint");
    }

    @Override
    public ObjectNode whole(Call call, Wish wish, BatchAnswer done) {
        ObjectNode answer = head(call, wish, "chat.completion");
        ObjectNode choice = answer.putArray("choices").addObject().put("index", 0);
        choice.putObject("message")
                .put("role", "assistant")
                .put("content", done.answer().text())
                .putNull("refusal");
        logprobs(choice, wish, done.answer().tokens());
        choice.put("finish_reason", Answers.finish(done.answer().finish()));
        answer.set("usage", Answers.usage(done));
        answer.set("fovea", Answers.fovea(wish.spending(), done, model));
        return answer;
    }

    private void logprobs(ObjectNode choice, Wish wish, List<Generated.Token> tokens) {
        if (wish.logprobs()) {
            choice.putObject("logprobs").putNull("refusal").set("content", Answers.logprobs(tokens, model));
        } else {
            choice.putNull("logprobs");
        }
    }

    /** An answer in chunks, as chats are streamed. */
    private final class Chunks implements Streaming.Form {
        private final Call call;
        private final Wish wish;
        private final EventStream events;
        private boolean begun;

        Chunks(Call call, Wish wish, EventStream events) {
            this.call = call;
            this.wish = wish;
            this.events = events;
        }

        private ObjectNode chunk() {
            return head(call, wish, "chat.completion.chunk");
        }

        private ObjectNode choice(ObjectNode chunk) {
            return chunk.putArray("choices").addObject().put("index", 0);
        }

        private void begin() throws IOException {
            if (!begun) {
                begun = true;
                ObjectNode chunk = chunk();
                ObjectNode choice = choice(chunk);
                choice.putObject("delta").put("role", "assistant").put("content", "");
                choice.putNull("logprobs").putNull("finish_reason");
                events.send(null, chunk);
            }
        }

        @Override
        public void text(String text, List<Generated.Token> tokens) throws IOException {
            begin();
            ObjectNode chunk = chunk();
            ObjectNode choice = choice(chunk);
            choice.putObject("delta").put("content", text);
            logprobs(choice, wish, tokens);
            choice.putNull("finish_reason");
            events.send(null, chunk);
        }

        @Override
        public void end(BatchAnswer done, List<Generated.Token> tokens) throws IOException {
            begin();
            ObjectNode chunk = chunk();
            ObjectNode choice = choice(chunk);
            choice.putObject("delta");
            logprobs(choice, wish, tokens);
            choice.put("finish_reason", Answers.finish(done.answer().finish()));
            chunk.set("fovea", Answers.fovea(wish.spending(), done, model));
            events.send(null, chunk);
            if (wish.usage()) {
                ObjectNode last = chunk();
                last.putArray("choices");
                last.set("usage", Answers.usage(done));
                events.send(null, last);
            }
            events.done();
        }

        @Override
        public void error(ApiException e) throws IOException {
            events.send(null, Call.body(e));
        }
    }
}

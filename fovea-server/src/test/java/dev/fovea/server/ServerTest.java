package dev.fovea.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.DualEncoder;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.technique.Budget;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every address of the server, with the JDK's client. */
class ServerTest {
    /** One that is answered in several words. */
    private static final String QUESTION = "Describe the picture.";

    private static final String CHAT = "/v1/chat/completions";
    private static final ByteArrayOutputStream LOG = new ByteArrayOutputStream();
    private static VisionLanguageModel model;
    private static DualEncoder clip;
    private static FoveaServer server;

    @BeforeAll
    static void start() {
        model = Peek.open();
        clip = Peek.openClip();
        server = FoveaServer.start(
                new Served("peek", model, clip),
                ServerOptions.defaults()
                        .withLimits(Limits.defaults().withTokens(64))
                        .withLog(new PrintStream(LOG, true, StandardCharsets.UTF_8)));
    }

    @AfterAll
    static void stop() {
        server.close();
        clip.close();
        model.close();
    }

    private static ObjectNode asked() {
        return Peek.chat(QUESTION, Peek.sceneUrl());
    }

    private static final AskOptions ALONE = AskOptions.defaults().withMaxTokens(64);

    private static Answer alone() {
        return model.ask(List.of(Peek.scene()), QUESTION, ALONE);
    }

    private static Answer alone(String technique, Budget budget) {
        return model.ask(List.of(Peek.scene()), QUESTION, ALONE.withTechniques(List.of(technique), budget));
    }

    @Test
    void answersAboutAPictureAsTheModelDoesAlone() {
        Peek.Reply reply = Peek.post(server, CHAT, asked());
        assertThat(reply.status()).isEqualTo(200);
        JsonNode json = reply.json();
        Answer alone = alone();
        assertThat(json.path("object").asText()).isEqualTo("chat.completion");
        assertThat(json.path("model").asText()).isEqualTo("peek");
        assertThat(json.at("/choices/0/message/content").asText()).isEqualTo(alone.text());
        assertThat(json.at("/choices/0/message/role").asText()).isEqualTo("assistant");
        assertThat(json.at("/choices/0/finish_reason").asText()).isEqualTo("length");
        assertThat(json.at("/usage/prompt_tokens").asInt()).isEqualTo(alone.promptTokens());
        assertThat(json.at("/usage/completion_tokens").asInt())
                .isEqualTo(alone.tokens().size());
        assertThat(json.at("/usage/visual_tokens/total").asInt()).isEqualTo(256);
        assertThat(json.at("/usage/visual_tokens/kept").asInt()).isEqualTo(256);
        assertThat(json.at("/fovea/timings/prefill_ms").asDouble()).isPositive();
    }

    @Test
    void techniqueAndBudgetAreChosenPerRequestAndTheLedgerComesOnRequest() {
        ObjectNode request = asked();
        request.putObject("fovea")
                .put("technique", "hiprune")
                .put("budget", 64)
                .put("ledger", true)
                .putObject("knobs")
                .put("alpha", 0.2);
        JsonNode json = Peek.post(server, CHAT, request).json();
        Answer alone = alone("hiprune:alpha=0.2", Budget.count(64));
        assertThat(json.at("/choices/0/message/content").asText()).isEqualTo(alone.text());
        assertThat(json.at("/usage/visual_tokens/kept").asInt()).isEqualTo(64);
        assertThat(json.at("/fovea/techniques/0").asText()).isEqualTo("hiprune:alpha=0.2");
        assertThat(json.at("/fovea/budget").asText()).isEqualTo("64");
        JsonNode ledger = json.at("/fovea/ledger");
        assertThat(ledger.at("/images/0/rows").asInt()).isEqualTo(16);
        assertThat(ledger.path("tokens")).hasSize(256);
        assertThat(ledger.path("survivors")).hasSize(64);
        assertThat(StreamSupport.stream(ledger.path("tokens").spliterator(), false)
                        .filter(t -> t.path("fate").asText().equals("dropped")))
                .hasSize(192);
        assertThat(Peek.post(server, CHAT, asked()).json().at("/fovea/ledger").isMissingNode())
                .isTrue();
    }

    @Test
    void severalPicturesAndTurnsAreAConversation() {
        ObjectNode request = Peek.chat("How many stars are there?", Peek.sceneUrl(), Peek.sceneUrl());
        ArrayNode messages = (ArrayNode) request.get("messages");
        messages.insertObject(0).put("role", "system").put("content", "Answer in one word.");
        messages.addObject().put("role", "assistant").put("content", "two");
        messages.addObject().put("role", "user").put("content", "And how many circles?");
        JsonNode json = Peek.post(server, CHAT, request).json();
        assertThat(json.at("/choices/0/message/content").asText()).isNotBlank();
        assertThat(json.at("/usage/visual_tokens/total").asInt()).isEqualTo(512);
        // The next turn goes on from the caches of this one.
        messages.addObject().put("role", "assistant").set("content", json.at("/choices/0/message/content"));
        messages.addObject().put("role", "user").put("content", "Is there a heart?");
        JsonNode next = Peek.post(server, CHAT, request).json();
        assertThat(next.at("/usage/prompt_tokens_details/cached_tokens").asInt())
                .isGreaterThan(500);
        assertThat(next.at("/fovea/cached/views").asInt()).isEqualTo(2);
    }

    /** The data of events; those of named events with their name before them. */
    private static List<String> events(String body) {
        List<String> data = new ArrayList<>();
        for (String event : body.split("\n\n")) {
            if (!event.startsWith(":")) {
                data.add(event);
            }
        }
        return data;
    }

    private static JsonNode data(String event) throws Exception {
        return Peek.JSON.readTree(event.substring(event.indexOf("data: ") + 6));
    }

    @Test
    void streamsInChunksThatMakeTheSameAnswer() throws Exception {
        ObjectNode request = asked().put("stream", true).put("logprobs", true).put("top_logprobs", 2);
        request.putObject("stream_options").put("include_usage", true);
        Peek.Reply reply = Peek.post(server, CHAT, request);
        assertThat(reply.response().headers().firstValue("Content-Type").orElse(""))
                .startsWith("text/event-stream");
        List<String> events = events(reply.body());
        assertThat(events.getLast()).isEqualTo("data: [DONE]");
        StringBuilder text = new StringBuilder();
        int tokens = 0;
        String finish = "";
        for (String event : events.subList(0, events.size() - 1)) {
            JsonNode chunk = data(event);
            assertThat(chunk.path("object").asText()).isEqualTo("chat.completion.chunk");
            text.append(chunk.at("/choices/0/delta/content").asText(""));
            tokens += chunk.at("/choices/0/logprobs/content").size();
            finish += chunk.at("/choices/0/finish_reason").asText("").replace("null", "");
        }
        Answer alone = alone();
        assertThat(text).hasToString(alone.text());
        assertThat(tokens).isEqualTo(alone.tokens().size());
        assertThat(finish).isEqualTo("length");
        JsonNode usage = data(events.get(events.size() - 2));
        assertThat(usage.path("choices")).isEmpty();
        assertThat(usage.at("/usage/visual_tokens/kept").asInt()).isEqualTo(256);
        assertThat(data(events.get(events.size() - 3)).at("/fovea/budget").asText())
                .isEqualTo("full");
    }

    @Test
    void logProbabilitiesAreThoseOfTheModel() {
        JsonNode json = Peek.post(server, CHAT, asked().put("logprobs", true).put("top_logprobs", 3))
                .json();
        Answer alone = alone();
        JsonNode content = json.at("/choices/0/logprobs/content");
        assertThat(content).hasSize(alone.tokens().size());
        JsonNode first = content.get(0);
        assertThat(first.path("logprob").asDouble())
                .isCloseTo(alone.tokens().getFirst().logProbability(), within(1e-3));
        assertThat(first.path("top_logprobs")).hasSize(3);
        assertThat(first.path("top_logprobs").get(0).path("token")).isEqualTo(first.path("token"));
        assertThat(first.path("top_logprobs").get(1).path("logprob").asDouble())
                .isLessThanOrEqualTo(first.path("logprob").asDouble());
        StringBuilder text = new StringBuilder();
        content.forEach(t -> text.append(t.path("token").asText()));
        assertThat(text.toString().strip()).isEqualTo(alone.text().strip());
    }

    @Test
    void stopsAtLengthsAndStopStrings() {
        JsonNode length = Peek.post(server, CHAT, asked().put("max_tokens", 1)).json();
        assertThat(length.at("/usage/completion_tokens").asInt()).isEqualTo(1);
        assertThat(length.at("/choices/0/finish_reason").asText()).isEqualTo("length");
        String text = alone().text();
        String stop = text.substring(20, 26);
        JsonNode stopped = Peek.post(server, CHAT, asked().put("stop", stop)).json();
        assertThat(stopped.at("/choices/0/message/content").asText())
                .isEqualTo(text.substring(0, text.indexOf(stop)))
                .isNotEmpty();
        assertThat(stopped.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    }

    @Test
    void theSameSeedGivesTheSameAnswer() {
        ObjectNode request = asked().put("temperature", 2).put("top_p", 0.95).put("max_tokens", 12);
        String first = content(request.put("seed", 7));
        assertThat(content(request.put("seed", 7))).isEqualTo(first);
        assertThat(Stream.of(8, 9, 10).map(seed -> content(request.put("seed", seed))))
                .anyMatch(other -> !other.equals(first));
    }

    private static String content(ObjectNode request) {
        return Peek.post(server, CHAT, request)
                .json()
                .at("/choices/0/message/content")
                .asText();
    }

    @Test
    void answersHaveTheFormOfASchema() throws Exception {
        ObjectNode request = asked().put("max_tokens", 64);
        request.set("response_format", Peek.JSON.readTree("""
                {"type": "json_schema", "json_schema": {"name": "count", "strict": true, "schema": {
                  "type": "object", "additionalProperties": false, "required": ["circles", "colour", "sure"],
                  "properties": {"circles": {"type": "integer", "minimum": 0, "maximum": 20},
                                 "colour": {"enum": ["red", "green", "blue"]}, "sure": {"type": "boolean"}}}}}
                """));
        JsonNode answer = Peek.JSON.readTree(content(request));
        assertThat(answer.path("circles").asInt(-1)).isBetween(0, 20);
        assertThat(answer.path("colour").asText()).isIn("red", "green", "blue");
        assertThat(answer.path("sure").isBoolean()).isTrue();
        request.putObject("response_format").put("type", "json_object");
        request.put("temperature", 1).put("seed", 3);
        assertThat(content(request).strip()).startsWith("{");
        request.set(
                "response_format",
                Peek.JSON.readTree("{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"not\":{}}}}"));
        Peek.Reply refused = Peek.post(server, CHAT, request);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.sentence()).contains("'not', which cannot be enforced");
    }

    @Test
    void responsesAreAnsweredAndStreamed() throws Exception {
        ObjectNode request = Peek.JSON.createObjectNode().put("model", "peek").put("instructions", "Be short.");
        ArrayNode content =
                request.putArray("input").addObject().put("role", "user").putArray("content");
        content.addObject().put("type", "input_image").put("image_url", Peek.sceneUrl());
        content.addObject().put("type", "input_text").put("text", Peek.QUESTION);
        request.putObject("fovea").put("technique", "hiprune").put("budget", "25%");
        JsonNode json = Peek.post(server, "/v1/responses", request).json();
        assertThat(json.path("status").asText()).isEqualTo("completed");
        assertThat(json.at("/usage/visual_tokens/kept").asInt()).isEqualTo(64);
        String text = json.at("/output/0/content/0/text").asText();
        assertThat(text).isNotBlank();
        List<String> events = events(
                Peek.post(server, "/v1/responses", request.put("stream", true)).body());
        assertThat(events.getFirst()).startsWith("event: response.created\n");
        assertThat(events.getLast()).startsWith("event: response.completed\n");
        StringBuilder streamed = new StringBuilder();
        for (int i = 0; i < events.size(); i++) {
            JsonNode event = data(events.get(i));
            assertThat(event.path("sequence_number").asInt(-1)).isEqualTo(i);
            streamed.append(
                    event.path("type").asText().equals("response.output_text.delta")
                            ? event.path("delta").asText()
                            : "");
        }
        assertThat(streamed).hasToString(text);
        JsonNode said = Peek.post(server, "/v1/responses", "{\"input\":\"What is a circle?\"}")
                .json();
        assertThat(said.at("/usage/visual_tokens/total").asInt(-1)).isZero();
    }

    @Test
    void picturesAndTextsAreEmbeddedInOneSpace() {
        ObjectNode request = Peek.JSON.createObjectNode().put("model", "peek/clip");
        ArrayNode input = request.putArray("input");
        input.add("a red circle").add("nothing");
        input.addObject().put("image", Peek.sceneUrl());
        JsonNode json = Peek.post(server, "/v1/embeddings", request).json();
        assertThat(json.path("data")).hasSize(3);
        assertThat(json.at("/usage/prompt_tokens").asInt()).isPositive();
        for (JsonNode one : json.path("data")) {
            double square = 0;
            for (JsonNode v : one.path("embedding")) {
                square += v.asDouble() * v.asDouble();
            }
            assertThat(square).isCloseTo(1, within(1e-4));
        }
        JsonNode base64 = Peek.post(server, "/v1/embeddings", request.put("encoding_format", "base64"))
                .json();
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder()
                        .decode(base64.at("/data/2/embedding").asText()))
                .order(ByteOrder.LITTLE_ENDIAN);
        assertThat(bytes.getFloat(0))
                .isEqualTo((float) json.at("/data/2/embedding/0").asDouble());
    }

    @Test
    void documentsAreRankedByHowWellTheyFit() {
        ObjectNode request = Peek.JSON.createObjectNode();
        request.putObject("query").put("image", Peek.sceneUrl());
        request.putArray("documents")
                .add("a red circle")
                .add("a word about the weather")
                .add("a blue star");
        request.put("return_documents", true).put("top_n", 2);
        JsonNode json = Peek.post(server, "/v1/rerank", request).json();
        assertThat(json.path("results")).hasSize(2);
        assertThat(json.at("/results/0/relevance_score").asDouble())
                .isGreaterThanOrEqualTo(json.at("/results/1/relevance_score").asDouble());
        assertThat(json.at("/results/0/document/text").asText()).isNotBlank();
    }

    @Test
    void modelsHealthAndMetricsCanBeSeen() {
        JsonNode list = Peek.get(server, "/v1/models").json();
        assertThat(list.at("/data/0/id").asText()).isEqualTo("peek");
        assertThat(list.at("/data/1/id").asText()).isEqualTo("peek/clip");
        assertThat(list.at("/data/0/fovea/visual_tokens").asInt()).isEqualTo(256);
        assertThat(Peek.get(server, "/v1/models/peek/clip").json().path("id").asText())
                .isEqualTo("peek/clip");
        assertThat(Peek.get(server, "/v1/models/gpt").status()).isEqualTo(404);
        assertThat(Peek.get(server, "/health").body()).isEqualTo("{\"status\":\"ok\"}");
        assertThat(Peek.get(server, "/ready").status()).isEqualTo(200);
        Peek.post(server, CHAT, asked());
        assertThat(Peek.get(server, "/metrics").body())
                .contains(
                        "gen_ai_server_time_to_first_token_seconds_bucket",
                        "gen_ai_server_time_per_output_token_seconds_count",
                        "gen_ai_server_request_duration_seconds_sum",
                        "fovea_queue_length",
                        "fovea_cache_requests_total{cache=\"picture\",result=\"hit\"}",
                        "fovea_fate=\"kept\"");
    }

    static Stream<Arguments> wrong() {
        return Stream.of(
                Arguments.of("{", 400, "not valid JSON"),
                Arguments.of("[]", 400, "must be a JSON object"),
                Arguments.of("{\"a\":1,\"a\":2}", 400, "not valid JSON"),
                Arguments.of("{\"model\":\"gpt-4o\",\"messages\":[]}", 404, "no model 'gpt-4o'"),
                Arguments.of("{\"model\":\"peek/clip\",\"messages\":[]}", 400, "cannot do this; 'peek' can"),
                Arguments.of("{\"messages\":[]}", 400, "at least one message"),
                Arguments.of("{\"messages\":[{\"role\":\"robot\",\"content\":\"x\"}]}", 400, "not 'robot'"),
                Arguments.of("{\"messages\":[{\"role\":\"user\"}]}", 400, "needs a 'content'"),
                Arguments.of("{\"messages\":[{\"role\":\"assistant\",\"content\":\"x\"}]}", 400, "must be the user's"),
                Arguments.of(with("\"temprature\":1"), 400, "did you mean 'temperature'?"),
                Arguments.of(with("\"temperature\":-1"), 400, "'temperature' must be a number from 0.0 to 2.0"),
                Arguments.of(with("\"temperature\":\"1\""), 400, "'temperature' must be"),
                Arguments.of(with("\"top_p\":1e308"), 400, "'top_p' must be"),
                Arguments.of(with("\"max_tokens\":0"), 400, "from 1 to 64"),
                Arguments.of(with("\"max_tokens\":-9223372036854775809"), 400, "from 1 to 64"),
                Arguments.of(with("\"max_tokens\":99999999999999999999999"), 400, "from 1 to 64"),
                Arguments.of(with("\"max_completion_tokens\":2.5"), 400, "whole number"),
                Arguments.of(with("\"seed\":1e99"), 400, "'seed' must be a whole number"),
                Arguments.of(with("\"top_k\":-2"), 400, "'top_k' must be"),
                Arguments.of(with("\"top_logprobs\":21"), 400, "from 0 to 20"),
                Arguments.of(with("\"top_logprobs\":2"), 400, "needs 'logprobs'"),
                Arguments.of(with("\"n\":3"), 400, "'n' must be"),
                Arguments.of(with("\"stop\":[\"\"]"), 400, "1 to 1000 characters"),
                Arguments.of(with("\"stream\":\"yes\""), 400, "true or false"),
                Arguments.of(with("\"tools\":[{\"type\":\"function\"}]"), 400, "runs no tools"),
                Arguments.of(with("\"presence_penalty\":1"), 400, "not supported"),
                Arguments.of(with("\"response_format\":{\"type\":\"yaml\"}"), 400, "format 'yaml'"),
                Arguments.of(with("\"fovea\":{\"technique\":\"hipprune\"}"), 400, "did you mean 'hiprune'?"),
                Arguments.of(with("\"fovea\":{\"technique\":\"hiprune:@/etc/passwd\"}"), 400, "cannot name files"),
                Arguments.of(with("\"fovea\":{\"technique\":\"matryoshka:weights=x\"}"), 400, "cannot name files"),
                Arguments.of(with("\"fovea\":{\"technique\":\"matryoshka: weights =x\"}"), 400, "cannot name files"),
                Arguments.of(
                        with("\"fovea\":{\"technique\":\"matryoshka\",\"knobs\":{\"weights\":\"x\"}}"),
                        400,
                        "cannot name files"),
                Arguments.of(
                        with("\"fovea\":{\"technique\":\"hiprune\",\"knobs\":{\"alpha\":\"@x\"}}"),
                        400,
                        "cannot name files"),
                Arguments.of(with("\"fovea\":{\"technique\":\"hiprune\",\"knobs\":{\"alpha\":99}}"), 400, "alpha"),
                Arguments.of(with("\"fovea\":{\"budget\":-5}"), 400, "at least 1 visual token"),
                Arguments.of(with("\"fovea\":{\"budget\":1e30}"), 400, "Cannot read the budget"),
                Arguments.of(with("\"fovea\":{\"bugdet\":5}"), 400, "did you mean 'budget'?"));
    }

    private static String with(String field) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello?\"}]," + field + "}";
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void whatIsWrongIsSaidInOneSentence(String body, int status, String said) {
        Peek.Reply reply = Peek.post(server, CHAT, body);
        assertThat(reply.status()).as(reply.body()).isEqualTo(status);
        assertThat(reply.sentence()).contains(said).matches("(?s).*[.?]").doesNotContain("\n");
        assertThat(reply.json().at("/error/type").asText()).isEqualTo("invalid_request_error");
        assertThat(reply.json().at("/error/code").asText()).isNotEmpty();
    }

    @Test
    void addressesAndMethodsThatAreNotThereAre404() {
        assertThat(Peek.get(server, "/v1/nothing").sentence()).contains("nothing at this address");
        assertThat(Peek.get(server, CHAT).status()).isEqualTo(404);
        assertThat(Peek.post(server, CHAT, "{}", "Content-Type", "text/plain").status())
                .isEqualTo(415);
    }

    @Test
    void logsSayWhatItCostAndNeverWhatWasSaid() throws Exception {
        Peek.post(server, CHAT, Peek.chat("Is the secret word xylophone?", Peek.sceneUrl()));
        Peek.post(server, CHAT, with("\"xylophone\":1"));
        String log = LOG.toString(StandardCharsets.UTF_8);
        assertThat(log).doesNotContain("xylophone").doesNotContain("base64");
        JsonNode line = Peek.JSON.readTree(log.lines()
                .filter(l -> l.contains("\"visual_kept\":256") && l.contains("\"path\":\"" + CHAT))
                .findFirst()
                .orElseThrow());
        assertThat(line.path("status").asInt()).isEqualTo(200);
        assertThat(line.path("techniques").asText()).isEqualTo("full");
        assertThat(line.path("prompt_tokens").asInt()).isPositive();
    }
}

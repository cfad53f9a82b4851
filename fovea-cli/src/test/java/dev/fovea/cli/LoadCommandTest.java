package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code load} against a server that answers at once, and counts. */
class LoadCommandTest {
    private static final String EVENTS = """
            : answering

            data: {"choices":[{"delta":{"content":""}}]}

            data: {"choices":[{"delta":{"content":"a star"}}]}

            data: {"choices":[{"delta":{"content":" and more"}}]}

            data: {"choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":3}}

            data: [DONE]

            """;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger now = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final AtomicInteger asked = new AtomicInteger();
    private final Set<String> pictures = ConcurrentHashMap.newKeySet();
    private final Set<String> words = ConcurrentHashMap.newKeySet();
    private volatile int failing = Integer.MAX_VALUE;
    private volatile String ending = EVENTS;
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setExecutor(threads);
        server.createContext("/v1/models", exchange -> reply(exchange, 200, "{\"data\":[{\"id\":\"a-model\"}]}"));
        server.createContext("/v1/chat/completions", this::chat);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void chat(HttpExchange exchange) throws IOException {
        most.accumulateAndGet(now.incrementAndGet(), Math::max);
        JsonNode body = new ObjectMapper().readTree(exchange.getRequestBody());
        assertThat(body.at("/model").asText()).isEqualTo("a-model");
        assertThat(body.at("/stream").asBoolean()).isTrue();
        JsonNode content = body.at("/messages/0/content");
        if (content.size() > 1) {
            pictures.add(content.at("/0/image_url/url").asText());
        } else {
            words.add(content.at("/0/text").asText());
        }
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        now.decrementAndGet();
        boolean fails = asked.incrementAndGet() > failing;
        reply(exchange, fails ? 429 : 200, fails ? "{}" : ending);
    }

    private static void reply(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private Run load(Object... more) {
        Object[] all = new Object[7 + more.length];
        Object[] first = {
            "load", "http://127.0.0.1:" + server.getAddress().getPort(), "--rounds", 2, "--requests", 6, "--json"
        };
        System.arraycopy(first, 0, all, 0, first.length);
        System.arraycopy(more, 0, all, first.length, more.length);
        return Run.of(all);
    }

    @Test
    void fewAndManyTakeTurnsWithPicturesOfTheirOwn() throws Exception {
        Run run = load("--clients", "1,3");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode report = new ObjectMapper().readTree(run.out());
        assertThat(report.at("/model").asText()).isEqualTo("a-model");
        for (int i = 0; i < 2; i++) {
            JsonNode one = report.at("/clients/" + i);
            assertThat(one.at("/clients").asInt()).isEqualTo(i == 0 ? 1 : 3);
            assertThat(one.at("/requests").asInt()).isEqualTo(12);
            assertThat(one.at("/lost").asInt()).isZero();
            assertThat(one.at("/requests_per_second")).hasSize(2);
            double perSecond = one.at("/requests_per_second/0").asDouble();
            assertThat(one.at("/tokens_per_second/0").asDouble()).isBetween(2.99 * perSecond, 3.01 * perSecond);
            assertThat(one.at("/answer_ms/0").asDouble()).isBetween(20.0, 10_000.0);
            assertThat(one.at("/first_words_ms/0").asDouble())
                    .isBetween(20.0, one.at("/answer_ms/2").asDouble());
        }
        assertThat(report.at("/clients/0/times_the_first/0").asDouble()).isEqualTo(1);
        // The turn before the first round, and two turns of each.
        assertThat(asked).hasValue(30);
        assertThat(pictures).hasSize(30);
        assertThat(most).hasValue(3);
    }

    @Test
    void theSamePictureMayBeAskedAboutAgain() {
        assertThat(load("--clients", "2", "--pictures", "1").code()).isZero();
        assertThat(pictures).hasSize(1);
    }

    /** Every client has two requests at least, whatever a turn has. */
    @Test
    void wordsMayBeAskedAboutAlone() {
        assertThat(load("--clients", "8", "--no-pictures", "-q", "Why?").code()).isZero();
        assertThat(pictures).isEmpty();
        assertThat(words).containsExactly("Why?");
        assertThat(asked).hasValue(3 * 16);
    }

    /** One more client asks beside the others in every second turn, and alone before each round. */
    @Test
    void longPromptsAreSentBesideTheOthers() throws Exception {
        Run run = load("--clients", "2", "--no-pictures", "-q", "Why?", "--long-prompts", "100");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(most).hasValue(3);
        JsonNode report = new ObjectMapper().readTree(run.out());
        assertThat(report.at("/clients")).hasSize(2);
        assertThat(report.at("/clients/0/beside_long_prompts").asBoolean()).isFalse();
        assertThat(report.at("/clients/1/beside_long_prompts").asBoolean()).isTrue();
        assertThat(report.at("/clients/1/requests").asInt()).isEqualTo(12);
        assertThat(report.at("/clients/1/longest_pause_ms/0").asDouble()).isBetween(0.0, 10_000.0);
        assertThat(report.at("/long_prompt_tokens").asInt()).isEqualTo(1_000);
        assertThat(report.at("/long_prompt_ms")).hasSize(2);
        words.remove("Why?");
        assertThat(words)
                .hasSizeGreaterThan(4)
                .allSatisfy(text -> assertThat(text.split("[ .]")).hasSizeBetween(90, 110));
        assertThat(load("--long-prompts", "-1").code()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void whatIsLostIsToldAndFails() {
        failing = 8;
        Run run = load("--clients", "2");
        assertThat(run.code()).isEqualTo(ExitCode.INPUT);
        assertThat(run.out()).contains("\"lost\":10");
        assertThat(run.err()).contains("Some requests got no answer").contains("status 429");
        failing = Integer.MAX_VALUE;
        ending = EVENTS.replace("data: [DONE]", "");
        assertThat(load("--clients", "2").err()).contains("cut off");
    }

    @Test
    void wrongNumbersAndNobodyThereAreSaidInASentence() throws IOException {
        assertThat(load("--clients", "0").code()).isEqualTo(ExitCode.USAGE);
        assertThat(load("--clients", "0").err()).contains("1 to 1024 clients");
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        Run nobody = Run.of("load", "http://127.0.0.1:" + free);
        assertThat(nobody.code()).isEqualTo(ExitCode.USAGE);
        assertThat(nobody.err()).contains("Nobody answers at").contains("fovea serve");
    }
}

package dev.fovea.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.VisionLanguageModel;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The explorer's files as the server gives them away, and what its page reads of an answer. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExplorerTest {
    private VisionLanguageModel model;
    private FoveaServer server;

    @BeforeAll
    void start() {
        model = Peek.open();
        server = FoveaServer.start(new Served("peek", model, null), ServerOptions.defaults());
    }

    @AfterAll
    void stop() {
        server.close();
        model.close();
    }

    @Test
    void thePageLoadsNothingFromElsewhere() {
        Peek.Reply page = Peek.get(server, "/");
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.response().headers().firstValue("Content-Type")).hasValue("text/html;charset=utf-8");
        assertThat(page.response().headers().firstValue("Content-Security-Policy"))
                .hasValueSatisfying(policy -> assertThat(policy)
                        .startsWith("default-src 'none'; script-src 'self'")
                        .doesNotContain("unsafe", "http"));
        assertThat(page.body()).doesNotContain("http://", "https://", "//cdn");
    }

    /** Every file that the page or a module names is there, with the type that browsers insist on. */
    @Test
    void whatThePageNamesIsThere() {
        Pattern names = Pattern.compile("(?:src|href)=\"(/explorer/[^\"]+)\"|from '\\./([^']+)'");
        String sources = Peek.get(server, "/").body()
                + Peek.get(server, "/explorer/app.js").body()
                + Peek.get(server, "/explorer/card.js").body();
        Matcher found = names.matcher(sources);
        int count = 0;
        while (found.find()) {
            String path = found.group(1) != null ? found.group(1) : "/explorer/" + found.group(2);
            Peek.Reply file = Peek.get(server, path);
            assertThat(file.status()).as(path).isEqualTo(200);
            assertThat(file.response().headers().firstValue("X-Content-Type-Options"))
                    .hasValue("nosniff");
            assertThat(file.response().headers().firstValue("Content-Type").orElse(""))
                    .as(path)
                    .startsWith(
                            path.endsWith(".js")
                                    ? "text/javascript"
                                    : path.endsWith(".css") ? "text/css" : "image/svg");
            count++;
        }
        assertThat(count).isGreaterThanOrEqualTo(8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/explorer/",
                "/explorer/nothing.js",
                "/explorer/../explorer/app.js.map",
                "/explorer/%2e%2e/%2e%2e/FoveaServer.class",
                "/index.html"
            })
    void nothingElseIs(String path) {
        assertThat(Peek.get(server, path).status()).isIn(400, 404);
    }

    /** Where the patches lie in the picture: all of it here, and its middle where the model crops a wide one. */
    @Test
    void theLedgerSaysWhereItsPatchesLie() {
        JsonNode whole = image(Peek.scene(448, 448));
        assertThat(whole.path("part").asText()).isEqualTo("whole");
        assertThat(whole.path("region").toString()).isEqualTo("[0.0,0.0,448.0,448.0]");
        JsonNode wide = image(Peek.scene(896, 448));
        double width = wide.at("/region/2").asDouble() - wide.at("/region/0").asDouble();
        assertThat(width).isCloseTo(448, within(2.0));
        assertThat(wide.at("/region/0").asDouble()).isCloseTo(224, within(2.0));
    }

    private JsonNode image(byte[] png) {
        ObjectNode request = Peek.chat(Peek.QUESTION, Peek.dataUrl(png));
        request.putObject("fovea").put("technique", "hiprune").put("budget", 64).put("ledger", true);
        Peek.Reply reply = Peek.post(server, "/v1/chat/completions", request);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().at("/fovea/ledger/images/0");
    }

    private JsonNode answered(boolean attention, String technique) {
        ObjectNode request = Peek.chat("What is written on the sign?", Peek.sceneUrl());
        request.putObject("fovea")
                .put("technique", technique)
                .put("budget", 64)
                .put("ledger", true)
                .put("attention", attention);
        Peek.Reply reply = Peek.post(server, "/v1/chat/completions", request);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().path("fovea");
    }

    /** One row for the one token of the answer; what the connector dropped cannot be looked at. */
    @Test
    void anAnswerSaysWhereItLooked() {
        JsonNode fovea = answered(true, "hiprune");
        assertThat(fovea.path("attention")).hasSize(1);
        JsonNode word = fovea.at("/attention/0");
        assertThat(word.path("token").asText().strip()).isEqualTo("STOP");
        assertThat(word.path("weights")).hasSize(256);
        double sum = 0;
        for (int i = 0; i < 256; i++) {
            double weight = word.path("weights").get(i).asDouble();
            boolean kept = fovea.at("/ledger/tokens/" + i + "/fate").asText().equals("kept");
            assertThat(weight).as("token " + i).isBetween(0.0, kept ? 1.0 : 0.0);
            sum += weight;
        }
        assertThat(sum).isCloseTo(word.path("visual").asDouble(), within(1e-3)).isBetween(0.01, 0.99);
        // The second time the picture and its prompt were known.
        assertThat(answered(true, "hiprune").path("attention")).isEqualTo(fovea.path("attention"));
        assertThat(answered(false, "hiprune").has("attention")).isFalse();
        // What leaves inside of the language model was looked at in the layers before.
        JsonNode late = answered(true, "fastv");
        for (int i = 0; i < 256; i++) {
            if (late.at("/ledger/tokens/" + i + "/fate").asText().equals("dropped")) {
                assertThat(late.at("/attention/0/weights/" + i).asDouble()).isPositive();
                return;
            }
        }
        throw new AssertionError("fastv dropped nothing");
    }
}

package dev.fovea.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.technique.Budget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How servers begin and end. */
class LifeTest {
    private static VisionLanguageModel model;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() {
        model = Peek.open();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @Test
    void stoppingLetsAnswersComeToTheirEnd() throws Exception {
        FoveaServer server = FoveaServer.start(new Served("peek", model, null), ServerOptions.defaults());
        String address = server.address();
        String body = Peek.chat("What do you see?", Peek.sceneUrl())
                .put("max_tokens", 300)
                .put("temperature", 2)
                .put("seed", 5)
                .toString();
        CompletableFuture<Peek.Reply> running =
                CompletableFuture.supplyAsync(() -> Peek.post(server, "/v1/chat/completions", body));
        while (!Peek.get(server, "/metrics").body().contains("fovea_batch_size 1.0") && !running.isDone()) {
            Thread.sleep(5);
        }
        CompletableFuture<Boolean> stopped = CompletableFuture.supplyAsync(() -> server.stop(Duration.ofSeconds(30)));
        assertThat(running.get(30, TimeUnit.SECONDS).status()).isEqualTo(200);
        assertThat(stopped.get(30, TimeUnit.SECONDS)).isTrue();
        HttpRequest again =
                HttpRequest.newBuilder(URI.create(address + "/health")).build();
        assertThatThrownBy(() -> Peek.send(again)).isInstanceOf(UncheckedIOException.class);
    }

    @Test
    void aPortThatIsTakenIsSaidInOneSentence() {
        try (FoveaServer server = FoveaServer.start(new Served("peek", model, null), ServerOptions.defaults())) {
            assertThatThrownBy(() -> FoveaServer.start(
                            new Served("peek", model, null),
                            ServerOptions.defaults().withAddress("127.0.0.1", server.port())))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("Nobody can listen on 127.0.0.1:" + server.port());
        }
    }

    @Test
    void requestsThatNameNoTechniqueTakeTheServers() {
        ServerOptions options = ServerOptions.defaults().withTechniques(List.of("hiprune"), Budget.count(64));
        try (FoveaServer server = FoveaServer.start(new Served("peek", model, null), options)) {
            Peek.Reply reply =
                    Peek.post(server, "/v1/chat/completions", Peek.chat("Is there a star?", Peek.sceneUrl()));
            assertThat(reply.json().at("/usage/visual_tokens/kept").asInt()).isEqualTo(64);
        }
    }

    @Test
    void keysAreReadStrictly() throws IOException {
        for (String wrong : List.of("", "# none\n", "short\n", "a b c-0123456789-0123456789\n")) {
            Path file = Files.writeString(folder.resolve("keys"), wrong);
            assertThatThrownBy(() -> Keys.read(file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("0123456789");
        }
        assertThatThrownBy(() -> Keys.read(folder.resolve("missing"))).hasMessageContaining("cannot be read");
    }
}

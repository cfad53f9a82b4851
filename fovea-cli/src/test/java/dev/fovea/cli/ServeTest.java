package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** {@code serve} from its start to Ctrl-C, called as the documents call it. */
class ServeTest {
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static boolean ready(int port) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/ready"))
                .build();
        try {
            return HttpClient.newHttpClient()
                            .send(request, HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private static List<String> calls() {
        return CodeBlock.documents().stream()
                .flatMap(file -> CodeBlock.ofMarkdown(file).stream())
                .map(CodeBlock::text)
                .filter(text -> text.startsWith("curl "))
                .toList();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void servesWhatTheDocumentsCallUntilItIsStopped() throws Exception {
        int port = freePort();
        Interruption interruption = new Interruption();
        CompletableFuture<Run> serving = CompletableFuture.supplyAsync(() ->
                Run.with("", interruption, "serve", "--model", CodeBlock.ROOT.resolve("models/peek"), "--port", port));
        try {
            while (!serving.isDone() && !ready(port)) {
                Thread.sleep(50);
            }
            assertThat(serving).as("%s", serving.getNow(null)).isNotDone();
            boolean curl = List.of("/usr/bin/curl", "/bin/curl", "/opt/homebrew/bin/curl").stream()
                    .anyMatch(file -> Files.isExecutable(Path.of(file)));
            assumeTrue(curl, "the documents call with curl");
            assertThat(calls()).isNotEmpty();
            for (String call : calls()) {
                String out = Compiled.run(
                        CodeBlock.ROOT,
                        List.of(
                                "/bin/sh",
                                "-c",
                                call.replace("curl ", "curl -s ").replace("127.0.0.1:8080", "127.0.0.1:" + port)),
                        Map.of());
                JsonNode json = new ObjectMapper().readTree(out);
                assertThat(json.has("error")).as("%s gives %s", call, out).isFalse();
                if (call.contains("/v1/chat/completions") && call.contains("hiprune")) {
                    assertThat(json.at("/usage/visual_tokens/kept").asInt()).isEqualTo(64);
                    assertThat(json.at("/choices/0/message/content").asText()).isNotBlank();
                }
            }
        } finally {
            interruption.request();
            Run run = serving.get(40, TimeUnit.SECONDS);
            assertThat(run.code()).isEqualTo(ExitCode.INTERRUPTED);
            assertThat(run.out()).contains("peek is ready at http://127.0.0.1:" + port + "/v1");
            assertThat(run.err()).doesNotContain("fovea:");
        }
    }

    /** A collector on this machine gets the spans of a request, and those alone. */
    @Test
    void tracesGoToTheCollectorThatIsNamed() throws Exception {
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        HttpServer collector = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        collector.createContext("/", exchange -> {
            received.add(exchange.getRequestURI() + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
        int port = freePort();
        Interruption interruption = new Interruption();
        String address = "http://127.0.0.1:" + collector.getAddress().getPort();
        CompletableFuture<Run> serving = CompletableFuture.supplyAsync(
                () -> Run.with("", interruption, "serve", "--model", Run.MODEL, "--port", port, "--otlp", address));
        try {
            while (!serving.isDone() && !ready(port)) {
                Thread.sleep(50);
            }
            assertThat(serving).as("%s", serving.getNow(null)).isNotDone();
            String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"a secret question\"}],\"max_tokens\":2}";
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            HttpResponse<String> answer =
                    HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        } finally {
            // What has not been sent is sent when the server ends.
            interruption.request();
            serving.get(40, TimeUnit.SECONDS);
        }
        collector.stop(0);
        assertThat(received)
                .isNotEmpty()
                .allSatisfy(sent -> assertThat(sent)
                        .startsWith("/v1/traces ")
                        .contains("chat llava-mha", "fovea.visual_tokens.total", "service.name")
                        .doesNotContain("secret"));
    }

    @Test
    void tracesAreWantedWhereTheEnvironmentNamesAPlaceForThem() {
        assertThat(Telemetry.wanted(Map.of())).isFalse();
        assertThat(Telemetry.wanted(Map.of("OTEL_SERVICE_NAME", "x"))).isFalse();
        assertThat(Telemetry.wanted(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")))
                .isTrue();
        assertThat(Telemetry.wanted(
                        Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318", "OTEL_SDK_DISABLED", "true")))
                .isFalse();
        assertThat(Telemetry.wanted(
                        Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER", "none")))
                .isFalse();
    }

    @Test
    void whatIsWrongIsSaidBeforeAnythingIsOpened() {
        for (String[] wrong : new String[][] {
            {"--port", "70000"},
            {"--at-once", "0"},
            {"--max-body", "0"},
            {"--timeout", "0"},
            {"--keys", "no such file"},
            {"--otlp", "ftp://127.0.0.1:4318"},
            {"--technique", "hipprune"},
            {"--budget", "x"}
        }) {
            Run run = Run.of("serve", wrong[0], wrong[1]);
            assertThat(run.code()).as(wrong[0]).isEqualTo(2);
            assertThat(run.err()).hasLineCount(1).startsWith("fovea: ");
        }
    }
}

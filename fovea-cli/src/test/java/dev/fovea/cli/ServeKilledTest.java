package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose process is killed in the middle of answers, and started again where it was. */
class ServeKilledTest {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    Path folder;

    private static HttpRequest chat(int port, String url) {
        ObjectNode request = new ObjectMapper()
                .createObjectNode()
                .put("stream", true)
                .put("temperature", 2)
                .put("max_tokens", 400);
        ArrayNode content =
                request.putArray("messages").addObject().put("role", "user").putArray("content");
        content.addObject().put("type", "image_url").putObject("image_url").put("url", url);
        content.addObject().put("type", "text").put("text", "What is there?");
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(request.toString()))
                .build();
    }

    /** Every file below the folder, with its size and the time it was written. */
    private Map<String, String> files() throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(folder.relativize(file).toString(), Files.size(file) + " " + Files.getLastModifiedTime(file));
            }
        }
        return files;
    }

    private Process start(int port, Path work) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Djava.awt.headless=true",
                        "-Djava.io.tmpdir=" + work,
                        "-cp",
                        Compiled.CLASS_PATH,
                        "dev.fovea.cli.Main",
                        "serve",
                        "--model",
                        "model",
                        "--port",
                        Integer.toString(port))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        HttpRequest ready = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/ready"))
                .build();
        while (System.nanoTime() - end < 0) {
            assertThat(process.isAlive()).as("the server runs").isTrue();
            try {
                if (HTTP.send(ready, HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
                    return process;
                }
            } catch (IOException e) {
                // Not listening yet.
            }
            Thread.sleep(50);
        }
        process.destroyForcibly();
        throw new AssertionError("the server was not ready in 90 seconds");
    }

    @Test
    void leavesNoHalfWrittenFileAndStartsAgain() throws Exception {
        Run.copyOfModel(folder.resolve("model"));
        Map<String, String> before = files();
        String url = "data:image/png;base64," + Base64.getEncoder().encodeToString(Files.readAllBytes(Run.PICTURE));
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        // What Java's own libraries unpack for themselves goes elsewhere: it is not the server's.
        Path work = Files.createTempDirectory("served");
        try {
            for (int round = 0; round < 2; round++) {
                Process process = start(port, work);
                try {
                    HttpResponse<Stream<String>> first =
                            HTTP.send(chat(port, url), HttpResponse.BodyHandlers.ofLines());
                    assertThat(first.statusCode()).isEqualTo(200);
                    List<CompletableFuture<?>> others = new ArrayList<>();
                    for (int i = 0; i < 8; i++) {
                        others.add(HTTP.sendAsync(chat(port, url), HttpResponse.BodyHandlers.ofString())
                                .exceptionally(e -> null));
                    }
                    assertThat(first.body()
                                    .filter(line -> line.startsWith("data: {"))
                                    .findFirst())
                            .isPresent();
                    process.destroyForcibly();
                    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
                    CompletableFuture.allOf(others.toArray(CompletableFuture[]::new))
                            .get(30, TimeUnit.SECONDS);
                } finally {
                    process.destroyForcibly();
                }
                assertThat(files()).isEqualTo(before);
            }
        } finally {
            try (Stream<Path> all = Files.walk(work)) {
                all.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
        }
    }
}

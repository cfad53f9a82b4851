package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models of the Hub on the command line: fetched, found, and named where they are missing. */
class HubTest {
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    @TempDir
    Path dir;

    @Test
    void aModelThatWasFetchedAnswersByItsName() throws Exception {
        try (Hub hub = new Hub(Run.MODEL)) {
            Map<String, String> environment = Map.of("HF_HOME", dir.toString(), "HF_ENDPOINT", hub.endpoint());
            Run pull = Run.in(environment, "pull", "org/tiny", "--json");
            assertThat(pull.code()).as(pull.err()).isZero();
            assertThat(pull.json().path("folder").asText()).endsWith("snapshots/" + COMMIT);
            assertThat(pull.json().path("fetched").asLong())
                    .isEqualTo(pull.json().path("bytes").asLong())
                    .isPositive();

            Run again = Run.in(environment, "pull", "org/tiny");
            assertThat(again.out()).startsWith("org/tiny was here already: ");

            Run answer = Run.in(
                    environment, "ask", Run.PICTURE, "How many?", "--model", "org/tiny", "--max-tokens", 2, "--json");
            assertThat(answer.code()).as(answer.err()).isZero();
        }
    }

    @Test
    void theListSaysOfEveryModelWhetherItOpens() throws Exception {
        Map<String, String> environment = Map.of("HF_HOME", dir.toString());
        Run nothing = Run.in(environment, "models");
        assertThat(nothing.code()).isZero();
        assertThat(nothing.out()).contains("holds no models; fetch one, for example with 'fovea pull");

        Path hub = Files.createDirectories(dir.resolve("hub"));
        copy(Run.MODEL, snapshot(hub, "models--org--tiny"));
        Path odd = snapshot(hub, "models--org--odd");
        copy(Run.MODEL, odd);
        Files.writeString(odd.resolve("config.json"), "{\"model_type\": \"lava\"}");
        Path files = snapshot(hub, "models--org--files");
        Files.write(files.resolve("a.gguf"), new byte[] {'G', 'G', 'U', 'F', 3, 0, 0, 0});

        JsonNode list = Run.in(environment, "models", "--json").json();
        assertThat(list.findValuesAsText("model")).containsExactly("org/files a.gguf", "org/odd", "org/tiny");
        assertThat(list.get(0).path("opens").asBoolean()).isFalse();
        assertThat(list.get(0).path("refusal").asText()).contains("a.gguf");
        assertThat(list.get(1).path("opens").asBoolean()).isFalse();
        assertThat(list.get(1).path("refusal").asText()).contains("'lava'").contains("llava");
        assertThat(list.get(1).path("bytes").asLong())
                .isEqualTo(list.get(2).path("bytes").asLong())
                .isPositive();
        assertThat(list.get(2).path("opens").asBoolean()).isTrue();
        assertThat(list.get(2).path("family").asText()).isEqualTo("llava");
        assertThat(list.get(2).path("precision").asText()).isEqualTo("f32");

        String table = Run.in(environment, "models").out();
        assertThat(table.lines().findFirst().orElseThrow()).matches("MODEL +FAMILY +SIZE +PRECISION +OPENS");
        assertThat(table).containsPattern("(?m)^org/tiny +llava +\\S+ [kM]?B +f32 +yes$");
    }

    private static Path snapshot(Path hub, String repository) throws IOException {
        Path refs = Files.createDirectories(hub.resolve(repository).resolve("refs"));
        Files.writeString(refs.resolve("main"), COMMIT);
        return Files.createDirectories(
                hub.resolve(repository).resolve("snapshots").resolve(COMMIT));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    @Test
    void aModelThatIsNotHereSaysHowToFetchIt() {
        Run run = Run.in(Map.of("HF_HOME", dir.toString()), "ask", Run.PICTURE, "How many?", "--model", "org/tiny@v2");
        assertThat(run.code()).isEqualTo(ExitCode.MODEL);
        assertThat(run.err().strip())
                .isEqualTo(
                        "fovea: there is no folder org/tiny@v2, and the Hub's cache holds no org/tiny@v2; fetch it with "
                                + "'fovea pull org/tiny@v2'");
    }

    @Test
    void whatCannotBeFetchedIsSaidInOneSentence() {
        Map<String, String> nobody = Map.of("HF_HOME", dir.toString(), "HF_ENDPOINT", "not an address");
        Run endpoint = Run.in(nobody, "pull", "org/tiny");
        assertThat(endpoint.code()).isEqualTo(ExitCode.MODEL);
        assertThat(endpoint.err()).startsWith("fovea: HF_ENDPOINT is 'not an address', which is no web address");
        Run name = Run.in(Map.of(), "pull", "tiny");
        assertThat(name.code()).isEqualTo(ExitCode.MODEL);
        assertThat(name.err()).startsWith("fovea: 'tiny' is no model of the Hub; write ORG/NAME");
        Run offline = Run.in(Map.of("HF_HUB_OFFLINE", "1"), "pull", "org/tiny");
        assertThat(offline.err()).startsWith("fovea: HF_HUB_OFFLINE is set");
    }

    /** Serves the files of a folder as the Hub does. */
    private static final class Hub implements AutoCloseable {
        private final Path folder;
        private final HttpServer server;

        Hub(Path folder) throws IOException {
            this.folder = folder;
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", this::handle);
            server.start();
        }

        String endpoint() {
            return "http://127.0.0.1:" + server.getAddress().getPort();
        }

        private void handle(HttpExchange exchange) throws IOException {
            try (exchange) {
                String path = exchange.getRequestURI().getPath();
                byte[] body = path.startsWith("/api/")
                        ? listing().getBytes(StandardCharsets.UTF_8)
                        : Files.readAllBytes(folder.resolve(path.substring(path.lastIndexOf('/') + 1)));
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        }

        private String listing() throws IOException {
            List<String> entries;
            try (Stream<Path> files = Files.list(folder)) {
                entries = files.filter(Files::isRegularFile).map(Hub::entry).toList();
            }
            return "{\"sha\":\"" + COMMIT + "\",\"siblings\":[" + String.join(",", entries) + "]}";
        }

        private static String entry(Path file) {
            try {
                byte[] content = Files.readAllBytes(file);
                String hash = HexFormat.of()
                        .formatHex(MessageDigest.getInstance("SHA-256").digest(content));
                return "{\"rfilename\":\"" + file.getFileName() + "\",\"lfs\":{\"sha256\":\"" + hash + "\",\"size\":"
                        + content.length + "}}";
            } catch (IOException | java.security.NoSuchAlgorithmException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}

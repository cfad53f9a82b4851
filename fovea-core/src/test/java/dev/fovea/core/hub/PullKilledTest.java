package dev.fovea.core.hub;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that fetches a model is killed (SIGKILL) when the server has sent so many bytes: what lies in the cache then
 * is whole and verified or not there, and the next pull goes on from it.
 */
@DisabledOnOs(OS.WINDOWS)
class PullKilledTest {
    private static final HubName NAME = HubName.parse("org/model");
    private static final HubName COMMIT = HubName.parse("org/model@" + HubServer.COMMIT);
    private static final int PIECE = 1 << 15;
    private static final int SLICE = 1 << 12;
    private static final int CONNECTIONS = 4;
    private static final Map<String, byte[]> FILES = files();

    @TempDir
    Path dir;

    private static Map<String, byte[]> files() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("model-00001-of-00002.safetensors", random(500_000, 1));
        files.put("model-00002-of-00002.safetensors", random(350_001, 2));
        files.put("config.json", "{\"model_type\": \"llava\"}".getBytes(StandardCharsets.UTF_8));
        files.put("model.safetensors.index.json", random(40_000, 3));
        return files;
    }

    private static byte[] random(int size, long seed) {
        byte[] bytes = new byte[size];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    private static long total() {
        return FILES.values().stream().mapToLong(b -> b.length).sum();
    }

    /** The process that is killed: pulls from the endpoint that it is given into the cache that it is given. */
    static final class Puller {
        public static void main(String[] args) {
            HubSettings settings = new HubSettings(
                    URI.create(args[0]),
                    Optional.empty(),
                    new HubSettings.Patience(4, Duration.ofMillis(5), Duration.ofMillis(200), Duration.ofSeconds(20)),
                    CONNECTIONS);
            new Pull(new HubCache(Path.of(args[1])), settings, PullListener.SILENT, PIECE)
                    .fetch(HubName.parse(args[2]), FileChoice.model());
        }
    }

    @Test
    @Timeout(120)
    void atEightMoments() throws Exception {
        atMoments(8);
    }

    @Test
    @Tag("soak")
    void atFiftyMoments() throws Exception {
        atMoments(50);
    }

    /** From before the first byte to behind the last, after which files are checked, moved and linked. */
    private void atMoments(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            HubName name = i % 2 == 0 ? NAME : COMMIT;
            killedAt(total() * i / (count - 1), name, dir.resolve("cache" + i));
        }
    }

    private void killedAt(long moment, HubName name, Path root) throws Exception {
        HubCache cache = new HubCache(root);
        try (HubServer server = new HubServer()) {
            FILES.forEach(server::file);
            CompletableFuture<Process> puller = new CompletableFuture<>();
            AtomicLong sent = new AtomicLong();
            server.fault((exchange, content, from, to) -> {
                send(exchange, content, from, to, sent, moment, puller.join());
                return true;
            });
            Process process = start(server, name, root);
            puller.complete(process);
            assertThat(process.waitFor()).as("killed at %d bytes", moment).isNotZero();
            assertThat(sent.get()).isGreaterThanOrEqualTo(moment);
            everythingIsWholeOrAbsent(cache);

            AtomicLong more = new AtomicLong();
            server.fault((exchange, content, from, to) -> {
                more.addAndGet(to - from);
                return false;
            });
            Path folder =
                    new Pull(cache, server.settings(), PullListener.SILENT, PIECE).fetch(name, FileChoice.model());
            // Each connection may lose the piece that it was at, and one that had not been noted down.
            assertThat(more.get()).isLessThanOrEqualTo(total() - moment + 2L * CONNECTIONS * PIECE);
            assertThat(cache.find(name)).contains(folder);
            whole(folder);
            assertThat(names(cache.blobs(name))).hasSize(FILES.size()).allMatch(n -> n.matches("[0-9a-f]+"));
            assertThat(names(folder.resolveSibling("."))).containsExactly(HubServer.COMMIT);
        }
    }

    private static Process start(HubServer server, HubName name, Path root) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Puller.class.getName(),
                        server.settings().endpoint().toString(),
                        root.toString(),
                        name.toString())
                .redirectErrorStream(true)
                .redirectOutput(new File("/dev/null"))
                .start();
    }

    /** Sends slice by slice; whoever sends the byte that is waited for kills the process. */
    private static void send(
            HttpExchange exchange, byte[] content, long from, long to, AtomicLong sent, long moment, Process puller)
            throws IOException {
        exchange.getResponseHeaders().add("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + content.length);
        exchange.sendResponseHeaders(206, to - from);
        OutputStream out = exchange.getResponseBody();
        try {
            if (moment == 0) {
                puller.destroyForcibly();
            }
            for (long at = from; at < to; at += SLICE) {
                int n = (int) Math.min(SLICE, to - at);
                out.write(content, (int) at, n);
                out.flush();
                if (sent.addAndGet(n) >= moment) {
                    puller.destroyForcibly();
                }
            }
        } catch (IOException e) {
            // Nobody is there any more.
        }
    }

    private static void everythingIsWholeOrAbsent(HubCache cache) throws IOException {
        for (String name : names(cache.blobs(NAME))) {
            if (name.matches("[0-9a-f]+")) {
                byte[] content = Files.readAllBytes(cache.blobs(NAME).resolve(name));
                assertThat(name).isIn(HubServer.sha256(content), HubServer.gitSha1(content));
            }
        }
        for (HubName name : List.of(NAME, COMMIT)) {
            Optional<Path> folder = cache.find(name);
            if (folder.isPresent()) {
                whole(folder.get());
            }
        }
    }

    private static void whole(Path folder) {
        FILES.forEach((path, content) -> assertThat(folder.resolve(path)).hasBinaryContent(content));
    }

    private static List<String> names(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(p -> p.getFileName().toString()).toList();
        }
    }
}

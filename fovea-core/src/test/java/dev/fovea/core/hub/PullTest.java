package dev.fovea.core.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pull ends with files that are whole and verified, or with none, whatever the network does. */
@Timeout(60)
class PullTest {
    private static final HubName NAME = HubName.parse("org/model");
    private static final byte[] WEIGHTS = random(300_000, 1);
    private static final byte[] CONFIG =
            "{\"model_type\": \"llava\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8);

    @TempDir
    Path dir;

    private HubServer server;
    private HubCache cache;

    @BeforeEach
    void start() throws IOException {
        server = new HubServer().file("model.safetensors", WEIGHTS).file("config.json", CONFIG);
        cache = new HubCache(dir.resolve("hub"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Path pull() {
        return new Pull(cache, server.settings(), PullListener.SILENT).fetch(NAME, FileChoice.model());
    }

    @Test
    void filesLieWherePythonToolsLookForThem() throws IOException {
        Path folder = pull();
        Path repository = cache.root().resolve("models--org--model");
        assertThat(folder).isEqualTo(repository.resolve("snapshots").resolve(HubServer.COMMIT));
        assertThat(folder.resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
        assertThat(folder.resolve("config.json")).hasBinaryContent(CONFIG);
        assertThat(Files.readSymbolicLink(folder.resolve("model.safetensors")))
                .isEqualTo(Path.of("..", "..", "blobs", HubServer.sha256(WEIGHTS)));
        assertThat(repository.resolve("blobs").resolve(HubServer.gitSha1(CONFIG)))
                .hasBinaryContent(CONFIG);
        assertThat(repository.resolve("refs/main")).hasContent(HubServer.COMMIT);
        assertThat(cache.find(NAME)).contains(folder);
        assertThat(cache.find(HubName.parse("org/model@" + HubServer.COMMIT))).contains(folder);
        assertThat(cache.entries()).containsExactly(new HubCache.Entry(NAME, folder));
    }

    @Test
    void whatIsHereIsNotFetchedAgain() {
        pull();
        int before = server.requests().size();
        pull();
        assertThat(server.requests().subList(before, server.requests().size()))
                .containsExactly("/api/models/org/model/revision/main");
    }

    @Test
    void picklesAndCodeAreNeverFetched() {
        server.file("pytorch_model.bin", random(100, 2))
                .file("modeling_custom.py", random(100, 3))
                .file("onnx/model.json", CONFIG);
        Path folder = pull();
        assertThat(folder.resolve("config.json")).exists();
        assertThat(folder.resolve("pytorch_model.bin")).doesNotExist();
        assertThat(folder.resolve("modeling_custom.py")).doesNotExist();
        assertThat(folder.resolve("onnx")).doesNotExist();
    }

    @Test
    void pathsThatLeaveTheSnapshotAreNotFetched() {
        server.file("../../evil.json", CONFIG).file("/etc/evil.json", CONFIG).file("a/../../evil.json", CONFIG);
        Path folder = pull();
        try (Stream<Path> all = Files.walk(dir)) {
            assertThat(all.filter(p -> p.getFileName().toString().contains("evil")))
                    .isEmpty();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        assertThat(folder.resolve("config.json")).exists();
    }

    @Test
    void cutsAreHealedWhereTheyHappened() {
        SplittableRandom random = new SplittableRandom(7);
        AtomicInteger cuts = new AtomicInteger();
        server.fault((exchange, content, from, to) -> {
            if (cuts.incrementAndGet() > 3 || to - from < 2) {
                return false;
            }
            HubServer.cut(exchange, content, from, to, random.nextLong(to - from));
            return true;
        });
        assertThat(pull().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
        List<String> ranges = server.requests().stream()
                .filter(r -> r.startsWith("/stored/model.safetensors"))
                .toList();
        assertThat(ranges.size()).isGreaterThan(1);
        assertThat(ranges.getLast()).doesNotContain("bytes=0-");
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503, 500, 408})
    void busyServersAreWaitedFor(int status) {
        AtomicInteger times = new AtomicInteger();
        server.fault((exchange, content, from, to) -> {
            if (times.incrementAndGet() > 2) {
                return false;
            }
            exchange.getResponseHeaders().add("Retry-After", "0");
            exchange.sendResponseHeaders(status, -1);
            return true;
        });
        assertThat(pull().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    }

    @Test
    void anExpiredAddressIsAskedForAnew() {
        AtomicInteger times = new AtomicInteger();
        server.fault((exchange, content, from, to) -> {
            if (times.incrementAndGet() > 1) {
                return false;
            }
            exchange.sendResponseHeaders(403, -1);
            return true;
        });
        assertThat(pull().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    }

    @Test
    void aServerThatStaysBusyEndsInASentence() {
        server.fault((exchange, content, from, to) -> {
            exchange.sendResponseHeaders(503, -1);
            return true;
        });
        assertThatThrownBy(this::pull)
                .isInstanceOf(HubException.class)
                .hasMessageMatching(
                        "Fovea cannot fetch (model.safetensors|config.json) from 127.0.0.1: it answers with "
                                + "status 503 \\(tried 4 times\\); what is complete stays, and the next pull goes on");
        nothingIsInPlace();
    }

    @Test
    void aContentWithAnotherHashIsThrownAway() throws IOException {
        server.fault((exchange, content, from, to) -> {
            byte[] wrong = content.clone();
            wrong[wrong.length / 2] ^= 1;
            HubServer.send(exchange, wrong, from, to);
            return true;
        });
        assertThatThrownBy(this::pull)
                .isInstanceOf(HubException.class)
                .hasMessageContaining("arrived with another content than the Hub announces");
        nothingIsInPlace();
        server.fault((exchange, content, from, to) -> false);
        assertThat(pull().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    }

    @Test
    void aFileOfAnotherSizeIsRefused() {
        server.fault((exchange, content, from, to) -> {
            exchange.getResponseHeaders()
                    .add("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + (content.length + 1));
            exchange.sendResponseHeaders(206, to - from);
            exchange.getResponseBody().write(content, (int) from, (int) (to - from));
            return true;
        });
        assertThatThrownBy(this::pull)
                .isInstanceOf(HubException.class)
                .hasMessageMatching(
                        "The Hub announces [0-9]+ bytes for .* but has [0-9]+; try again later, or another HF_ENDPOINT");
        nothingIsInPlace();
    }

    @Test
    void aServerThatIgnoresRangesIsUnderstood() {
        server.fault((exchange, content, from, to) -> {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content);
            return true;
        });
        assertThat(pull().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    }

    @Test
    void aConnectionThatDripsIsOpenedAnew() {
        AtomicInteger times = new AtomicInteger();
        server.fault((exchange, content, from, to) -> {
            if (content.length != WEIGHTS.length || times.incrementAndGet() > 1) {
                return false;
            }
            exchange.getResponseHeaders().add("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + content.length);
            exchange.sendResponseHeaders(206, to - from);
            try {
                for (int i = 0; i < 300; i++) {
                    exchange.getResponseBody().write(content[(int) from + i]);
                    exchange.getResponseBody().flush();
                    Thread.sleep(100);
                }
            } catch (InterruptedException | IOException e) {
                // The client gave up.
            }
            return true;
        });
        assertThat(pull().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
        assertThat(times.get()).isGreaterThan(1);
    }

    @Test
    void aTokenReachesTheHubAloneNotItsStores() {
        new Pull(cache, server.settings(Optional.of("secret")), PullListener.SILENT).fetch(NAME, FileChoice.model());
        assertThat(server.requests()).filteredOn(r -> r.startsWith("/api")).allMatch(r -> r.contains("token"));
        assertThat(server.requests()).filteredOn(r -> r.startsWith("/org")).allMatch(r -> r.contains("token"));
        assertThat(server.requests()).filteredOn(r -> r.startsWith("/stored")).noneMatch(r -> r.contains("token"));
    }

    @Test
    void twoPullsAtOnceFetchOnce() throws Exception {
        Runnable pull = () -> pull();
        Thread one = Thread.ofVirtual().start(pull);
        Thread two = Thread.ofVirtual().start(pull);
        one.join();
        two.join();
        assertThat(server.requests())
                .filteredOn(r -> r.startsWith("/stored/model.safetensors"))
                .hasSize(1);
        assertThat(cache.find(NAME).orElseThrow().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    }

    @Test
    void unknownModelsAndRevisionsAreNamed() {
        Pull pull = new Pull(cache, server.settings(), PullListener.SILENT);
        assertThatThrownBy(() -> pull.fetch(HubName.parse("org/other"), FileChoice.model()))
                .isInstanceOf(HubException.class)
                .hasMessageStartingWith("There is no model org/other on 127.0.0.1");
        assertThatThrownBy(() -> pull.fetch(HubName.parse("org/model@v9"), FileChoice.model()))
                .hasMessage("org/model has no revision v9");
    }

    @Test
    void oneOfSeveralQuantisedFilesMustBeNamed() throws IOException {
        HubServer gguf = new HubServer()
                .file("config.json", CONFIG)
                .file("m-Q4_0.gguf", random(10, 4))
                .file("m-Q8_0.gguf", random(20, 5));
        try (gguf) {
            Pull pull = new Pull(cache, gguf.settings(), PullListener.SILENT);
            assertThatThrownBy(() -> pull.fetch(NAME, FileChoice.model()))
                    .hasMessage(
                            "org/model holds 2 GGUF files; name the ones to fetch with --file: m-Q4_0.gguf (10 bytes), "
                                    + "m-Q8_0.gguf (20 bytes)");
            Path folder = pull.fetch(NAME, new FileChoice(List.of("*Q8_0*")));
            assertThat(folder.resolve("m-Q8_0.gguf")).exists();
            assertThat(folder.resolve("m-Q4_0.gguf")).doesNotExist();
            assertThatThrownBy(() -> pull.fetch(NAME, new FileChoice(List.of("*Q2_K*"))))
                    .hasMessageStartingWith("org/model holds no file *Q2_K* that may be fetched");
        }
    }

    @Test
    void aRepositoryOfPicklesIsRefused() throws IOException {
        try (HubServer pickles = new HubServer().file("config.json", CONFIG).file("pytorch_model.bin", random(10, 4))) {
            Pull pull = new Pull(cache, pickles.settings(), PullListener.SILENT);
            assertThatThrownBy(() -> pull.fetch(NAME, FileChoice.model()))
                    .hasMessageStartingWith("org/model holds its weights only as pickle files");
        }
    }

    @Test
    void whatDoesNotFitIsRefusedBeforeItBegins() {
        server.announced("model.safetensors", 1L << 60);
        assertThatThrownBy(this::pull)
                .isInstanceOf(HubException.class)
                .hasMessageMatching(
                        "There is no room for \\S+ \\S+ in \\S+ \\(\\S+ \\S+ are free\\); free some space, or put"
                                + " the cache elsewhere with HF_HOME");
        assertThat(server.requests()).noneMatch(r -> r.startsWith("/stored"));
        nothingIsInPlace();
    }

    /** A device that takes nothing stands where the first bytes go. */
    @Test
    void aDiskThatFillsUpMeanwhileEndsInASentence() throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full));
        Path blob = Files.createDirectories(cache.blobs(NAME)).resolve(HubServer.sha256(WEIGHTS));
        Files.writeString(blob.resolveSibling(blob.getFileName() + ".fovea-pieces"), "size 300000 piece 16777216\n");
        Path part = blob.resolveSibling(blob.getFileName() + ".fovea-part");
        Files.createSymbolicLink(part, full);
        assertThatThrownBy(this::pull)
                .isInstanceOf(HubException.class)
                .hasMessage(cache.folder(NAME) + " cannot be written: the disk is full; free some space and try again");
        nothingIsInPlace();
        Files.delete(part);
        assertThat(pull().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    }

    @Test
    void aCacheThatCannotBeWrittenEndsInASentence() throws IOException {
        Files.writeString(cache.root(), "a file where the folder should be");
        assertThatThrownBy(this::pull)
                .isInstanceOf(HubException.class)
                .hasMessageStartingWith(cache.folder(NAME) + " cannot be written: ");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aCacheThatMayNotBeWrittenEndsInASentence() throws IOException {
        Files.createDirectories(cache.root());
        Files.setPosixFilePermissions(cache.root(), PosixFilePermissions.fromString("r-xr-xr-x"));
        // Nothing is closed to the superuser.
        assumeTrue(!Files.isWritable(cache.root()));
        assertThatThrownBy(this::pull)
                .isInstanceOf(HubException.class)
                .hasMessage(cache.folder(NAME) + " cannot be written: permission is denied");
        Files.setPosixFilePermissions(cache.root(), PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(pull().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    }

    @Test
    void theListenerHearsOfEveryByte() {
        AtomicLong heard = new AtomicLong();
        List<String> begun = Collections.synchronizedList(new ArrayList<>());
        PullListener listener = new PullListener() {
            @Override
            public void begins(int files, long bytes, long present) {
                begun.add(files + " files, " + bytes + " bytes, " + present + " here");
            }

            @Override
            public void fetched(long bytes) {
                heard.addAndGet(bytes);
            }
        };
        new Pull(cache, server.settings(), listener).fetch(NAME, FileChoice.model());
        assertThat(begun).containsExactly("2 files, " + (WEIGHTS.length + CONFIG.length) + " bytes, 0 here");
        assertThat(heard.get()).isEqualTo(WEIGHTS.length + CONFIG.length);
    }

    private void nothingIsInPlace() {
        assertThat(cache.find(NAME)).isEmpty();
        assertThat(cache.blobs(NAME).resolve(HubServer.sha256(WEIGHTS)))
                .satisfiesAnyOf(
                        p -> assertThat(p).doesNotExist(), p -> assertThat(p).hasBinaryContent(WEIGHTS));
    }

    private static byte[] random(int size, long seed) {
        byte[] bytes = new byte[size];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }
}

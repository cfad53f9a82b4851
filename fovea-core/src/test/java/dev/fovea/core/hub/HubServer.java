package dev.fovea.core.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A Hub on loopback whose faults are chosen by the test; files are stored behind a redirect, as large files are there. */
final class HubServer implements AutoCloseable {
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    /** What happens to a request for a file's content. */
    interface Fault {
        /** Whether the fault answered the request. */
        boolean answer(HttpExchange exchange, byte[] content, long from, long to) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private final Map<String, Long> announced = new LinkedHashMap<>();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private volatile Fault fault = (exchange, content, from, to) -> false;

    HubServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    HubServer file(String path, byte[] content) {
        files.put(path, content);
        return this;
    }

    /** A file that is said to have other bytes than it has. */
    HubServer announced(String path, long bytes) {
        announced.put(path, bytes);
        return this;
    }

    void fault(Fault fault) {
        this.fault = fault;
    }

    /** Every request so far: method, path, whether it came with a token, and its range. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    HubSettings settings() {
        return settings(Optional.empty());
    }

    HubSettings settings(Optional<String> token) {
        return new HubSettings(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()),
                token,
                new HubSettings.Patience(4, Duration.ofMillis(5), Duration.ofMillis(200), Duration.ofSeconds(1)),
                4);
    }

    static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    static String gitSha1(byte[] content) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-1");
            digest.update(("blob " + content.length + "\0").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            return HexFormat.of().formatHex(digest.digest(content));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            String range = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Range"))
                    .orElse("");
            boolean token = exchange.getRequestHeaders().containsKey("Authorization");
            requests.add(path + (token ? " token" : "") + (range.isEmpty() ? "" : " " + range));
            if (path.startsWith("/api/models/org/model/revision/")) {
                list(exchange, path.substring("/api/models/org/model/revision/".length()));
            } else if (path.startsWith("/org/model/resolve/" + COMMIT + "/")) {
                redirect(exchange, path.substring(("/org/model/resolve/" + COMMIT + "/").length()));
            } else if (path.startsWith("/stored/")) {
                content(exchange, path.substring("/stored/".length()), range);
            } else {
                exchange.getResponseHeaders().add("X-Error-Code", "RepoNotFound");
                exchange.sendResponseHeaders(404, -1);
            }
        }
    }

    private void list(HttpExchange exchange, String revision) throws IOException {
        if (!revision.equals("main") && !revision.equals(COMMIT)) {
            exchange.getResponseHeaders().add("X-Error-Code", "RevisionNotFound");
            exchange.sendResponseHeaders(404, -1);
            return;
        }
        StringBuilder json = new StringBuilder("{\"sha\":\"" + COMMIT + "\",\"siblings\":[");
        files.forEach((path, content) -> {
            json.append(json.charAt(json.length() - 1) == '[' ? "" : ",");
            json.append("{\"rfilename\":\"").append(path).append("\",\"size\":").append(size(path));
            json.append(",\"blobId\":\"").append(gitSha1(content)).append('"');
            if (path.endsWith(".safetensors") || path.endsWith(".gguf") || path.endsWith(".bin")) {
                json.append(",\"lfs\":{\"sha256\":\"").append(sha256(content)).append("\",\"size\":");
                json.append(size(path)).append('}');
            }
            json.append('}');
        });
        byte[] body = json.append("]}").toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
    }

    private long size(String path) {
        return announced.getOrDefault(path, (long) files.getOrDefault(path, new byte[0]).length);
    }

    /** To the same server under another name, which is another host to a client. */
    private void redirect(HttpExchange exchange, String path) throws IOException {
        exchange.getResponseHeaders()
                .add("Location", "http://localhost:" + server.getAddress().getPort() + "/stored/" + path);
        exchange.sendResponseHeaders(302, -1);
    }

    private void content(HttpExchange exchange, String path, String range) throws IOException {
        byte[] content = files.getOrDefault(path, new byte[0]);
        String[] bounds = range.replace("bytes=", "").split("-");
        long from = Long.parseLong(bounds[0]);
        long to = Math.min(content.length, Long.parseLong(bounds[1]) + 1);
        if (fault.answer(exchange, content, from, to)) {
            return;
        }
        send(exchange, content, from, to);
    }

    static void send(HttpExchange exchange, byte[] content, long from, long to) throws IOException {
        exchange.getResponseHeaders().add("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + content.length);
        exchange.sendResponseHeaders(206, to - from);
        OutputStream out = exchange.getResponseBody();
        out.write(content, (int) from, (int) (to - from));
    }

    /** Announces all of a range and sends a part of it. */
    static void cut(HttpExchange exchange, byte[] content, long from, long to, long after) throws IOException {
        exchange.getResponseHeaders().add("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + content.length);
        exchange.sendResponseHeaders(206, to - from);
        exchange.getResponseBody().write(content, (int) from, (int) Math.min(after, to - from));
        exchange.getResponseBody().flush();
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}

package dev.fovea.core.hub;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The Hub's protocol: what a repository holds, and pieces of its files. Redirects are followed here, one by one, so that
 * a token never reaches another host than the one it belongs to.
 */
final class HubClient implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_REDIRECTS = 5;
    private static final int MAX_LISTING = 64 << 20;
    private static final Duration ANSWER = Duration.ofSeconds(60);

    private final HubSettings settings;
    private final HttpClient http;

    HubClient(HubSettings settings) {
        this.settings = settings;
        this.http = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(Duration.ofSeconds(20))
                .build();
    }

    /**
     * What a repository holds at a revision.
     *
     * @param commit that the revision means
     */
    record Listing(String commit, List<RemoteFile> files) {}

    /** The server's answer was not the one hoped for, and asking again may help. */
    static final class Transient extends IOException {
        private static final long serialVersionUID = 1L;

        private final Duration pause;

        Transient(String message, Duration pause) {
            super(message);
            this.pause = pause;
        }

        /** How long the server asks to wait; zero where it does not say. */
        Duration pause() {
            return pause;
        }
    }

    /** Lists a repository. */
    Listing list(HubName name) throws IOException {
        URI uri = URI.create(settings.endpoint() + "/api/models/" + name.repository() + "/revision/"
                + encoded(name.revision()) + "?blobs=true");
        try (InputStream body = get(name, uri, -1, -1).body()) {
            byte[] bytes = body.readNBytes(MAX_LISTING + 1);
            if (bytes.length > MAX_LISTING) {
                throw new HubException("The Hub's list of the files of " + name + " is longer than any model's");
            }
            return listing(name, JSON.readTree(bytes));
        } catch (JacksonException e) {
            throw new HubException(settings.endpoint() + " does not answer as the Hub does; check HF_ENDPOINT", e);
        }
    }

    private static Listing listing(HubName name, JsonNode json) {
        String commit = json.path("sha").asText("");
        if (!commit.matches("[0-9a-f]{40}")) {
            throw new HubException("The Hub names no commit for " + name + "; check HF_ENDPOINT");
        }
        List<RemoteFile> files = new ArrayList<>();
        for (JsonNode file : json.path("siblings")) {
            JsonNode large = file.path("lfs");
            String hash = large.path("sha256")
                    .asText(large.path("oid").asText(file.path("blobId").asText("")));
            long size = large.path("size").asLong(file.path("size").asLong(-1));
            if (hash.matches("[0-9a-f]{40}|[0-9a-f]{64}") && size >= 0) {
                files.add(new RemoteFile(file.path("rfilename").asText(""), size, hash));
            }
        }
        return new Listing(commit, files);
    }

    /**
     * Bytes {@code from} to {@code to} (exclusive) of a file.
     *
     * @throws Transient if asking again may help
     */
    InputStream open(HubName name, String commit, RemoteFile file, long from, long to) throws IOException {
        String path =
                Arrays.stream(file.path().split("/")).map(HubClient::encoded).collect(Collectors.joining("/"));
        URI uri = URI.create(settings.endpoint() + "/" + name.repository() + "/resolve/" + commit + "/" + path);
        HttpResponse<InputStream> response = get(name, uri, from, to);
        try {
            checkRange(file, response, from, to);
            return response.body();
        } catch (IOException | RuntimeException e) {
            response.body().close();
            throw e;
        }
    }

    private static void checkRange(RemoteFile file, HttpResponse<InputStream> response, long from, long to)
            throws IOException {
        if (response.statusCode() == 200) {
            long length = response.headers().firstValueAsLong("Content-Length").orElse(file.size());
            if (length != file.size()) {
                throw wrongSize(file, length);
            }
            response.body().skipNBytes(from);
            return;
        }
        String range = response.headers().firstValue("Content-Range").orElse("");
        if (!range.startsWith("bytes " + from + "-")) {
            throw new Transient(
                    "the server sent another part of " + file.path() + " than bytes " + from + " to " + (to - 1),
                    Duration.ZERO);
        }
        String total = range.substring(range.indexOf('/') + 1);
        if (total.matches("[0-9]{1,18}") && Long.parseLong(total) != file.size()) {
            throw wrongSize(file, Long.parseLong(total));
        }
    }

    private static HubException wrongSize(RemoteFile file, long size) {
        return new HubException("The Hub announces " + file.size() + " bytes for " + file.path() + " but has " + size
                + "; try again later, or another HF_ENDPOINT");
    }

    private HttpResponse<InputStream> get(HubName name, URI first, long from, long to) throws IOException {
        URI uri = first;
        for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
            HttpResponse<InputStream> response = send(request(uri, from, to));
            int status = response.statusCode();
            if (status == 200 || status == 206) {
                return response;
            }
            response.body().close();
            if (status / 100 != 3) {
                throw refusal(name, uri, first, response);
            }
            String location = response.headers().firstValue("Location").orElse("");
            URI next = uri.resolve(location);
            if (location.isEmpty() || next.getHost() == null || isDowngrade(uri, next)) {
                throw new HubException("The Hub sends us to '" + location + "' for a file of " + name
                        + ", which is no safe address; check HF_ENDPOINT");
            }
            uri = next;
        }
        throw new HubException("The Hub sends us from one address to the next for a file of " + name + " without end");
    }

    private static boolean isDowngrade(URI from, URI to) {
        return !"https".equals(to.getScheme()) && !("http".equals(to.getScheme()) && "http".equals(from.getScheme()));
    }

    private HttpRequest request(URI uri, long from, long to) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(ANSWER)
                .header("User-Agent", "fovea")
                .header("Accept-Encoding", "identity");
        if (from >= 0) {
            request.header("Range", "bytes=" + from + "-" + (to - 1));
        }
        if (belongsToEndpoint(uri)) {
            settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
        }
        return request.build();
    }

    /** A token goes to the endpoint alone, and over plain HTTP to this machine alone. */
    private boolean belongsToEndpoint(URI uri) {
        URI own = settings.endpoint();
        boolean same = uri.getScheme().equals(own.getScheme())
                && uri.getHost().equalsIgnoreCase(own.getHost())
                && uri.getPort() == own.getPort();
        boolean safe = "https".equals(uri.getScheme())
                || uri.getHost().equals("127.0.0.1")
                || uri.getHost().equals("localhost");
        return same && safe;
    }

    private HttpResponse<InputStream> send(HttpRequest request) throws IOException {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HubException("Fetching was interrupted; what is complete stays, and the next pull goes on", e);
        }
    }

    private IOException refusal(HubName name, URI uri, URI first, HttpResponse<?> response) {
        int status = response.statusCode();
        boolean elsewhere = !uri.equals(first);
        if (status == 429 || status == 408 || status >= 500) {
            return new Transient("it answers with status " + status, retryAfter(response));
        }
        if (elsewhere && (status == 403 || status == 401 || status == 410 || status == 404)) {
            // Addresses of stored files expire; the Hub gives a new one.
            return new Transient("the address it gave has expired", Duration.ZERO);
        }
        String code = response.headers().firstValue("X-Error-Code").orElse("");
        throw switch (status) {
            case 401, 403 -> new HubException(access(name, code));
            case 404 ->
                new HubException(
                        code.equals("RevisionNotFound")
                                ? name.repository() + " has no revision " + name.revision()
                                : "There is no model " + name.repository() + " on "
                                        + settings.endpoint().getHost()
                                        + ", or it is private; check the name, or put a token that may read it into HF_TOKEN");
            default ->
                new HubException(
                        settings.endpoint().getHost() + " refuses to send " + name + " (status " + status + ")");
        };
    }

    private String access(HubName name, String code) {
        if (code.equals("GatedRepo")) {
            return name.repository() + " is given only to those who agree to its terms: agree at " + settings.endpoint()
                    + "/" + name.repository() + ", and put your token into HF_TOKEN";
        }
        return settings.token().isPresent()
                ? "Your token may not read " + name.repository()
                        + ", or there is no such model; check the name and HF_TOKEN"
                : "There is no model " + name.repository()
                        + " that everybody may read; check the name, or put a token that "
                        + "may read it into HF_TOKEN";
    }

    private static Duration retryAfter(HttpResponse<?> response) {
        String value = response.headers().firstValue("Retry-After").orElse("");
        return value.matches("[0-9]{1,9}") ? Duration.ofSeconds(Long.parseLong(value)) : Duration.ZERO;
    }

    private static String encoded(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public void close() {
        http.shutdownNow();
        http.close();
    }
}

package dev.fovea.server;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The explorer: a page at {@code /} on which one sees what became of every visual token, and its few files below
 * {@code /explorer/}. It talks to the same addresses as every other client and loads nothing from elsewhere.
 */
final class ExplorerPage {
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");

    /** All that there is, by address: nothing of the request ever becomes the name of a file. */
    private static final Map<String, String> FILES = files(
            "app.js",
            "api.js",
            "attention.js",
            "card.js",
            "explorer.css",
            "icon.svg",
            "inspector.js",
            "link.js",
            "overlay.js",
            "paper.js",
            "strip.js");

    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            + "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final String path;
    private final byte[] content;
    private final String type;

    private ExplorerPage(String path, String file) {
        this.path = path;
        this.type = TYPES.getOrDefault(file.substring(file.lastIndexOf('.') + 1), "application/octet-stream");
        this.content = read(file);
    }

    /** The page and its files, each at its address. */
    static List<ExplorerPage> all() {
        return FILES.entrySet().stream()
                .map(e -> new ExplorerPage(e.getKey(), e.getValue()))
                .toList();
    }

    private static Map<String, String> files(String... names) {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("/", "index.html");
        for (String name : names) {
            files.put("/explorer/" + name, name);
        }
        return files;
    }

    private static byte[] read(String file) {
        try (InputStream in = ExplorerPage.class.getResourceAsStream("explorer/" + file)) {
            if (in == null) {
                throw new IllegalStateException("The server's jar lacks explorer/" + file);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String path() {
        return path;
    }

    /** Sends it; a page that was loaded before is asked for again, so that it always fits the server. */
    void send(Call call) throws IOException {
        HttpServletResponse response = call.context().res();
        response.setHeader("Content-Security-Policy", POLICY);
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("Referrer-Policy", "no-referrer");
        response.setHeader("Cache-Control", "no-cache");
        call.bytes(200, type, content);
    }
}

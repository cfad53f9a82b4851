package dev.fovea.server;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * One line of JSON for each request: what was asked for and what it cost, never what was written, shown or answered.
 * Errors are named by their code, because sentences about them may quote the request.
 */
final class ServerLog {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PrintStream out;

    ServerLog(PrintStream out) {
        this.out = out;
    }

    /** The beginning of a line; fields are added while the request is answered. */
    ObjectNode line(String request, String method, String path) {
        return JSON.createObjectNode()
                .put("time", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString())
                .put("request", request)
                .put("method", method)
                .put("path", path);
    }

    void write(ObjectNode line) {
        out.println(line);
    }
}

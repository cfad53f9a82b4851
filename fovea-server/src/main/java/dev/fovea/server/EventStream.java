package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Server-sent events, each sent at once. Writing fails when the client has gone. */
final class EventStream {
    private final OutputStream out;

    EventStream(OutputStream out) {
        this.out = out;
    }

    /** @param name of the event, or null for a plain message */
    void send(@Nullable String name, JsonNode data) throws IOException {
        write((name == null ? "" : "event: " + name + "\n") + "data: " + Answers.JSON.writeValueAsString(data));
    }

    /** The end of a chat's stream. */
    void done() throws IOException {
        write("data: [DONE]");
    }

    /** Something that clients do not read, which shows whether they are there. */
    void comment(String text) throws IOException {
        write(": " + text);
    }

    private void write(String event) throws IOException {
        out.write((event + "\n\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}

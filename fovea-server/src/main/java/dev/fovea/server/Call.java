package dev.fovea.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One request while it is answered: whose it is, what was logged about it so far, and the way back to its client. */
final class Call {
    private final Context context;
    private final String id;
    private final ObjectNode line;
    private String owner = "";
    private String model = "";
    private int status;
    private @Nullable RequestSpan span;

    /** @param line the beginning of its line in the log */
    Call(Context context, String id, ObjectNode line) {
        this.context = context;
        this.id = id;
        this.line = line;
    }

    String id() {
        return id;
    }

    /** On whose behalf, for the order of turns: the owner of the key, or the address that asks. */
    String owner() {
        return owner;
    }

    void owner(String name) {
        owner = name;
        line.put("key", name);
    }

    /** What is traced of it; null for requests that are not traced. */
    @Nullable
    RequestSpan span() {
        return span;
    }

    void span(RequestSpan begun) {
        span = begun;
    }

    /** The model that was asked for, once it is known to exist. */
    String model() {
        return model;
    }

    void model(String name) {
        model = name;
        line.put("model", name);
    }

    /** Fields of its line in the log; never anything that was written, shown or answered. */
    ObjectNode line() {
        return line;
    }

    Context context() {
        return context;
    }

    /** The client, once the body has been read. */
    Clients client() {
        return Clients.of(context.req());
    }

    int status() {
        return status;
    }

    /** Whether the answer has begun, so that its status can no longer be changed. */
    boolean begun() {
        return status != 0;
    }

    /** Nobody is there any longer to be answered. */
    void gone() {
        status = 499;
        line.put("error", "client_gone");
    }

    void json(int code, JsonNode body) throws IOException {
        bytes(code, "application/json", Answers.JSON.writeValueAsBytes(body));
    }

    void bytes(int code, String type, byte[] body) throws IOException {
        begin(code, type);
        context.res().setContentLength(body.length);
        context.res().getOutputStream().write(body);
        context.res().getOutputStream().flush();
    }

    void text(int code, String type, String body) throws IOException {
        bytes(code, type, body.getBytes(StandardCharsets.UTF_8));
    }

    private void begin(int code, String type) {
        status = code;
        context.res().setStatus(code);
        context.res().setContentType(type);
    }

    /** Begins a stream of events. */
    EventStream events() throws IOException {
        begin(200, "text/event-stream; charset=utf-8");
        context.res().setHeader("Cache-Control", "no-cache");
        context.res().setHeader("X-Accel-Buffering", "no");
        EventStream events = new EventStream(context.res().getOutputStream());
        events.comment("answering");
        return events;
    }

    /** The answer to a request that failed. */
    void error(ApiException e) throws IOException {
        line.put("error", e.code());
        if (e.retryAfter() > 0) {
            context.res().setHeader("Retry-After", Integer.toString(e.retryAfter()));
        }
        if (e.status() == 401) {
            context.res().setHeader("WWW-Authenticate", "Bearer");
        }
        json(e.status(), body(e));
    }

    /** OpenAI's error JSON. */
    static ObjectNode body(ApiException e) {
        ObjectNode body = Answers.JSON.createObjectNode();
        body.putObject("error")
                .put("message", e.getMessage())
                .put("type", e.type())
                .put("param", e.param())
                .put("code", e.code());
        return body;
    }
}

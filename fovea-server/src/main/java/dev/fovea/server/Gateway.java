package dev.fovea.server;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What every request passes: the host's name, the key, the body with its limits, and behind its answer the log. Whatever
 * goes wrong becomes OpenAI's error JSON.
 */
final class Gateway {
    /** Deeper than any request, and shallow enough for every way of walking a tree. */
    private static final int DEEPEST = 100;

    private final ServerOptions options;
    private final ServerLog log;
    private final ServerMetrics metrics;
    private final Tracing tracing;
    private final Bodies bodies;
    private final JsonMapper json;
    private final boolean loopback;
    private final AtomicInteger open = new AtomicInteger();
    private volatile boolean draining;

    Gateway(ServerOptions options, ServerMetrics metrics, ScheduledExecutorService timer) {
        this.options = options;
        this.log = new ServerLog(options.log());
        this.metrics = metrics;
        this.tracing = new Tracing(options.telemetry());
        this.bodies = new Bodies(options.limits(), timer);
        this.loopback = Hosts.loopback(options.host());
        this.json = JsonMapper.builder(JsonFactory.builder()
                        .streamReadConstraints(StreamReadConstraints.builder()
                                .maxNestingDepth(DEEPEST)
                                .maxStringLength(options.limits().bodyBytes())
                                .build())
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build())
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .build();
    }

    /** Answers a request. */
    interface Action {
        void answer(Call call) throws IOException;
    }

    /** Answers a request from its body. */
    interface BodyAction {
        void answer(Call call, JsonNode body) throws IOException;
    }

    /** From now on nothing new is answered. */
    void drain() {
        draining = true;
    }

    boolean draining() {
        return draining;
    }

    /** Requests that are being answered. */
    int open() {
        return open.get();
    }

    /** A request without a body that anybody may send. */
    Handler anybody(String route, Action action) {
        return context -> guarded(context, route, "", action);
    }

    /** A request without a body. */
    Handler get(String route, Action action) {
        return context -> guarded(context, route, "", call -> {
            admit(call);
            action.answer(call);
        });
    }

    /** @param operation how metrics call it */
    Handler post(String route, String operation, BodyAction action) {
        return context -> guarded(context, route, operation, call -> {
            admit(call);
            if (draining) {
                throw ApiException.busy(
                        503, "shutting_down", "The server is shutting down; ask it again when it is back.", 5);
            }
            String type = String.valueOf(context.req().getContentType()).toLowerCase(Locale.ROOT);
            if (!type.startsWith("application/json")) {
                throw ApiException.of(
                        415, "not_json", "Requests must be JSON; send the header 'Content-Type: application/json'.");
            }
            bodies.read(context.req(), body -> action.answer(call, parsed(body)));
        });
    }

    private void admit(Call call) {
        Context context = call.context();
        // A page of another site could reach a server on this machine by a name of its own.
        if (loopback
                && !Hosts.loopback(
                        Hosts.withoutPort(String.valueOf(context.req().getHeader("Host"))))) {
            throw ApiException.of(
                    421,
                    "wrong_host",
                    "This server is reached as localhost or 127.0.0.1 only; use one of these names.");
        }
        String owner = options.keys().owner(context.req().getHeader("Authorization"));
        call.owner(options.keys().open() ? context.req().getRemoteAddr() : owner);
    }

    private JsonNode parsed(byte[] body) {
        try {
            return json.readTree(body);
        } catch (StreamConstraintsException e) {
            throw ApiException.of(
                    400,
                    "too_deep",
                    "The body is nested deeper than " + DEEPEST
                            + " levels, or holds a name or number too long to be meant.");
        } catch (JsonProcessingException e) {
            String near = e.getLocation() == null
                    ? ""
                    : " near byte " + e.getLocation().getByteOffset();
            throw ApiException.of(400, "invalid_json", "The body is not valid JSON" + near + ".");
        } catch (IOException e) {
            throw ApiException.of(400, "invalid_json", "The body is not valid UTF-8 text.");
        }
    }

    /** @param route the address as it is known to the server, which says nothing of the request */
    private void guarded(Context context, String route, String operation, Action action) throws IOException {
        long start = System.nanoTime();
        byte[] random = new byte[12];
        ThreadLocalRandom.current().nextBytes(random);
        String id = HexFormat.of().formatHex(random);
        Call call = new Call(context, id, log.line(id, context.req().getMethod(), route));
        context.res().setHeader("X-Request-Id", id);
        if (!operation.isEmpty()) {
            call.span(tracing.begin(operation, context.req(), route));
        }
        open.incrementAndGet();
        try {
            answered(call, action);
        } finally {
            open.decrementAndGet();
            long nanos = System.nanoTime() - start;
            call.line().put("status", call.status()).put("ms", nanos / 1_000_000);
            log.write(call.line());
            RequestSpan span = call.span();
            if (span != null) {
                String error = call.line().path("error").asText("");
                metrics.request(operation, call.model(), error, nanos);
                span.end(call, error);
            }
        }
    }

    private void answered(Call call, Action action) throws IOException {
        try {
            action.answer(call);
        } catch (ApiException e) {
            fail(call, e);
        } catch (IOException e) {
            call.gone();
        } catch (OutOfMemoryError e) {
            fail(
                    call,
                    ApiException.busy(
                            503, "no_memory", "There is not enough memory for this request at the moment.", 5));
        } catch (RuntimeException | Error e) {
            call.line().put("exception", e.getClass().getName());
            fail(
                    call,
                    ApiException.of(
                            500, "internal_error", "Something unforeseen went wrong; the log names this request."));
        }
    }

    private void fail(Call call, ApiException e) throws IOException {
        if (call.begun()) {
            call.line().put("error", e.code());
            return;
        }
        boolean unread = e.status() == 413 || e.status() == 408;
        if (unread || e.status() == 401 || e.status() == 421 || e.status() == 415) {
            call.context().res().setHeader("Connection", "close");
        }
        try {
            call.error(e);
            if (e.status() == 413) {
                bodies.linger(call.context().req());
            }
        } catch (IOException gone) {
            call.gone();
        }
    }
}

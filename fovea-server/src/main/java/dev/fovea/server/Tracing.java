package dev.fovea.server;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * Makes a span of each request, by OpenTelemetry's conventions for generative AI. A trace that the client has begun goes
 * on, by the headers that the operator's propagators read (W3C's {@code traceparent} unless they say otherwise).
 */
final class Tracing {
    private final OpenTelemetry telemetry;
    private final Tracer tracer;

    Tracing(OpenTelemetry telemetry) {
        this.telemetry = telemetry;
        this.tracer = telemetry.getTracer("dev.fovea.server");
    }

    /**
     * Begins the span of a request.
     *
     * @param operation {@code chat}, {@code embeddings}, {@code rerank} or {@code pages}
     * @param route the address as it is known to the server
     */
    RequestSpan begin(String operation, HttpServletRequest request, String route) {
        Context parent =
                telemetry.getPropagators().getTextMapPropagator().extract(Context.root(), request, new Headers());
        return new RequestSpan(
                tracer,
                operation,
                tracer.spanBuilder(operation)
                        .setParent(parent)
                        .setSpanKind(SpanKind.SERVER)
                        .setAttribute("gen_ai.operation.name", operation)
                        .setAttribute("gen_ai.provider.name", "fovea")
                        .setAttribute("http.request.method", request.getMethod())
                        .setAttribute("http.route", route)
                        .startSpan());
    }

    private static final class Headers implements TextMapGetter<HttpServletRequest> {
        @Override
        public @Nullable String get(@Nullable HttpServletRequest request, String name) {
            return request == null ? null : request.getHeader(name);
        }
    }
}

package dev.fovea.server;

import dev.fovea.core.BatchAnswer;
import dev.fovea.core.Timings;
import dev.fovea.core.generate.GenerationOptions;
import dev.fovea.core.path.Ledger;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.List;

/**
 * The span of one request: what was asked for and what it cost, never what was written, shown or answered. Names are
 * those of OpenTelemetry's conventions for generative AI, and {@code fovea.*} where there is none. Below it lie spans of
 * the queue, the encoder, the prefill and the decoding.
 */
final class RequestSpan {
    private final Tracer tracer;
    private final String operation;
    private final Span span;

    RequestSpan(Tracer tracer, String operation, Span span) {
        this.tracer = tracer;
        this.operation = operation;
        this.span = span;
    }

    /** What a request was read to ask for. */
    void asked(Wish wish) {
        if (!span.isRecording()) {
            return;
        }
        GenerationOptions how = wish.generation();
        span.setAttribute("gen_ai.request.max_tokens", how.maxTokens());
        span.setAttribute("gen_ai.request.temperature", how.sampling().temperature());
        span.setAttribute("gen_ai.request.top_p", how.sampling().topP());
        span.setAttribute("gen_ai.output.type", how.grammar() == null ? "text" : "json");
        span.setAttribute("fovea.stream", wish.stream());
        span.setAttribute("fovea.techniques", wish.spending().ids());
        span.setAttribute("fovea.budget", wish.spending().budgetText());
    }

    /** What came of it. */
    void answered(Wish wish, BatchAnswer done) {
        if (!span.isRecording()) {
            return;
        }
        Ledger ledger = done.answer().ledger();
        span.setAttribute("gen_ai.response.model", wish.model());
        span.setAttribute(
                AttributeKey.stringArrayKey("gen_ai.response.finish_reasons"),
                List.of(Answers.finish(done.answer().finish())));
        span.setAttribute("gen_ai.usage.input_tokens", done.answer().promptTokens());
        span.setAttribute("gen_ai.usage.output_tokens", done.answer().tokens().size());
        span.setAttribute("gen_ai.usage.cache_read.input_tokens", done.cachedTokens());
        span.setAttribute("fovea.cache.views", done.cachedViews());
        span.setAttribute("fovea.visual_tokens.total", ledger.plainTotal());
        span.setAttribute("fovea.visual_tokens.kept", ledger.kept());
        span.setAttribute("fovea.queue.time", done.queueMs() / 1e3);
        if (done.firstTokenMs() > 0) {
            span.setAttribute("fovea.time_to_first_token", done.firstTokenMs() / 1e3);
        }
        parts(done);
    }

    /** They end now, one behind the other. */
    private void parts(BatchAnswer done) {
        Timings timings = done.answer().timings();
        Instant decoded = Instant.now();
        Instant read = decoded.minusNanos(nanos(timings.decodeMs()));
        Instant seen = read.minusNanos(nanos(timings.prefillMs()));
        Instant begun = seen.minusNanos(nanos(timings.encoderMs()));
        part("queue", begun.minusNanos(nanos(done.queueMs())), begun);
        part("encode", begun, seen);
        part("prefill", seen, read);
        part("decode", read, decoded);
    }

    private static long nanos(double ms) {
        return (long) (ms * 1e6);
    }

    private void part(String name, Instant from, Instant to) {
        tracer.spanBuilder(name)
                .setParent(Context.root().with(span))
                .setStartTimestamp(from)
                .startSpan()
                .end(to);
    }

    /**
     * Ends it.
     *
     * @param error its code, or an empty text
     */
    void end(Call call, String error) {
        if (!call.model().isEmpty()) {
            span.updateName(operation + " " + call.model());
            span.setAttribute("gen_ai.request.model", call.model());
        }
        span.setAttribute("gen_ai.response.id", call.id());
        span.setAttribute("http.response.status_code", call.status());
        if (!error.isEmpty()) {
            span.setAttribute("error.type", error);
            if (call.status() >= 500) {
                span.setStatus(StatusCode.ERROR);
            }
        }
        span.end();
    }
}

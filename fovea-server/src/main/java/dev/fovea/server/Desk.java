package dev.fovea.server;

import dev.fovea.core.BatchAnswer;
import dev.fovea.core.ContinuousBatch;
import dev.fovea.core.QueueFullException;
import dev.fovea.core.generate.GenerationListener;
import dev.fovea.core.message.Printable;
import dev.fovea.core.text.TextException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Hands wishes to the batch and waits for their answers, as long as the client does and the limit allows. */
final class Desk {
    private static final Duration LOOK = Duration.ofMillis(200);

    private final ContinuousBatch batch;
    private final Attachments attachments;
    private final ServerMetrics metrics;
    private final Duration time;

    Desk(ContinuousBatch batch, Attachments attachments, ServerMetrics metrics, Duration time) {
        this.batch = batch;
        this.attachments = attachments;
        this.metrics = metrics;
        this.time = time;
    }

    /** When an answer to a request that came now must be complete, in {@link System#nanoTime()}. */
    long deadline() {
        return System.nanoTime() + time.toNanos();
    }

    /** @throws ApiException if the wish does not fit the model, or the queue is full */
    ContinuousBatch.Ticket submit(Wish wish, Call call, GenerationListener listener) {
        String param = "messages";
        RequestSpan span = call.span();
        if (span != null) {
            span.asked(wish);
        }
        refuseIfFull();
        Attachments.Shown shown = attachments.show(wish.prompt(), wish.documents(), param);
        try {
            return batch.submit(shown.messages(), shown.images(), wish.options().withListener(listener), call.owner());
        } catch (RuntimeException e) {
            throw refusal(e);
        }
    }

    private void refuseIfFull() {
        if (batch.full()) {
            throw refusal(batch.waiting());
        }
    }

    private static ApiException refusal(int waiting) {
        return ApiException.busy(
                429,
                "queue_full",
                "The queue is full: " + waiting + " requests are waiting already; ask again later.",
                Math.clamp(waiting / 16, 1, 60));
    }

    /** The failure of a request, for its client. */
    ApiException refusal(Throwable e) {
        return switch (e) {
            case ApiException known -> known;
            case QueueFullException full -> refusal(batch.waiting());
            case IllegalArgumentException wrong -> ApiException.invalid(null, sentence(wrong));
            case TextException wrong -> ApiException.invalid("messages", sentence(wrong));
            case CancellationException over ->
                ApiException.busy(
                        503, "shutting_down", "The server is shutting down; ask it again when it is back.", 5);
            case OutOfMemoryError full ->
                ApiException.busy(503, "no_memory", "There is not enough memory for this request at the moment.", 5);
            default -> ApiException.of(500, "internal_error", "The model failed on this request.");
        };
    }

    private static String sentence(Throwable e) {
        String said = Printable.sentence(String.valueOf(e.getMessage()));
        return said.endsWith(".") || said.endsWith("?") ? said : said + ".";
    }

    /**
     * Waits for an answer.
     *
     * @return the answer, or nothing if the client has gone
     * @throws ApiException if it failed or took too long
     */
    Optional<BatchAnswer> await(ContinuousBatch.Ticket ticket, Call call, long deadline) {
        Clients client = call.client();
        try {
            while (true) {
                try {
                    BatchAnswer done = ticket.answer().get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
                    if (client.sentMore()) {
                        call.context().res().setHeader("Connection", "close");
                    }
                    return Optional.of(done);
                } catch (TimeoutException e) {
                    check(deadline);
                    if (client.gone()) {
                        return Optional.empty();
                    }
                }
            }
        } catch (ExecutionException e) {
            throw refusal(cause(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw refusal(new CancellationException());
        } finally {
            ticket.cancel();
        }
    }

    private static Throwable cause(ExecutionException e) {
        Throwable cause = e.getCause();
        return cause == null ? e : cause;
    }

    /** @throws ApiException if the time is over */
    void check(long deadline) {
        if (System.nanoTime() - deadline > 0) {
            throw ApiException.of(
                    504,
                    "too_long",
                    "The answer was not complete within " + time.toSeconds() + " seconds; ask for a shorter one.");
        }
    }

    /** Notes what an answer cost. */
    void note(Call call, Wish wish, BatchAnswer done) {
        metrics.answered(wish.model(), wish.spending().ids(), done);
        RequestSpan span = call.span();
        if (span != null) {
            span.answered(wish, done);
        }
        call.line()
                .put("techniques", wish.spending().ids())
                .put("budget", wish.spending().budgetText())
                .put("stream", wish.stream())
                .put("prompt_tokens", done.answer().promptTokens())
                .put("completion_tokens", done.answer().tokens().size())
                .put("visual_total", done.answer().ledger().plainTotal())
                .put("visual_kept", done.answer().ledger().kept())
                .put("queue_ms", Math.round(done.queueMs()))
                .put("first_token_ms", Math.round(done.firstTokenMs()));
    }
}

package dev.fovea.server;

import dev.fovea.core.BatchAnswer;
import dev.fovea.core.ContinuousBatch;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.GenerationListener;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Carries an answer from the batch's thread, which must not wait for anybody, to its client as it is generated. */
final class Streaming implements GenerationListener {
    private static final long LOOK_MS = 200;
    private static final long SIGN_OF_LIFE_NANOS = TimeUnit.SECONDS.toNanos(2);

    /**
     * What is certain by now.
     *
     * @param text new text, or null at the end
     * @param tokens chosen since the last piece
     */
    record Piece(@Nullable String text, List<Generated.Token> tokens) {}

    /** Sends the pieces in one of OpenAI's forms. */
    interface Form {
        void text(String text, List<Generated.Token> tokens) throws IOException;

        /** @param tokens that brought no further text */
        void end(BatchAnswer done, List<Generated.Token> tokens) throws IOException;

        void error(ApiException e) throws IOException;
    }

    private final LinkedBlockingQueue<Piece> pieces = new LinkedBlockingQueue<>();
    private List<Generated.Token> tokens = new ArrayList<>();

    @Override
    public void onToken(Generated.Token token) {
        tokens.add(token);
    }

    @Override
    public void onText(String text) {
        pieces.add(new Piece(text, take()));
    }

    private List<Generated.Token> take() {
        List<Generated.Token> taken = tokens;
        tokens = new ArrayList<>();
        return taken;
    }

    /** Sends everything until the answer has ended, the time is over, or the client has gone. */
    void send(
            Desk desk,
            Call call,
            Wish wish,
            ContinuousBatch.Ticket ticket,
            EventStream events,
            Form form,
            long deadline)
            throws IOException {
        // Runs on the batch's thread, behind the last text.
        ticket.answer().whenComplete((done, failure) -> pieces.add(new Piece(null, take())));
        long spoken = System.nanoTime();
        try {
            while (true) {
                Piece piece = pieces.poll(LOOK_MS, TimeUnit.MILLISECONDS);
                if (piece == null) {
                    desk.check(deadline);
                    if (System.nanoTime() - spoken > SIGN_OF_LIFE_NANOS) {
                        events.comment("waiting");
                        spoken = System.nanoTime();
                    }
                    continue;
                }
                String text = piece.text();
                if (text == null) {
                    end(desk, call, wish, ticket, form, piece.tokens());
                    return;
                }
                form.text(text, piece.tokens());
                spoken = System.nanoTime();
                desk.check(deadline);
            }
        } catch (ApiException e) {
            call.line().put("error", e.code());
            form.error(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ticket.cancel();
        }
    }

    private static void end(
            Desk desk, Call call, Wish wish, ContinuousBatch.Ticket ticket, Form form, List<Generated.Token> rest)
            throws IOException {
        BatchAnswer done;
        try {
            done = ticket.answer().join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause();
            throw desk.refusal(cause == null ? e : cause);
        } catch (CancellationException e) {
            throw desk.refusal(e);
        }
        desk.note(call, wish, done);
        form.end(done, rest);
    }
}

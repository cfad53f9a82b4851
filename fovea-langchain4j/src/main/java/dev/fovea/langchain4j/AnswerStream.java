package dev.fovea.langchain4j;

import dev.fovea.core.ContinuousBatch;
import dev.fovea.core.SharedModel;
import dev.fovea.core.generate.GenerationListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * One answer on its way to its handler. The batch's thread, which must not wait, puts pieces into a queue; the thread of
 * this takes them out.
 */
final class AnswerStream implements Runnable, StreamingHandle, GenerationListener {
    private final Chats chats;
    private final ChatRequest request;
    private final StreamingChatResponseHandler handler;
    private final BlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
    private volatile boolean cancelled;
    private boolean over;

    AnswerStream(Chats chats, ChatRequest request, StreamingChatResponseHandler handler) {
        this.chats = chats;
        this.request = request;
        this.handler = handler;
    }

    @Override
    public void run() {
        try {
            RequestReader.Asked asked = chats.reader().read(request);
            ContinuousBatch.Ticket ticket = chats.shared()
                    .submit(asked.messages(), asked.images(), asked.options().withListener(this));
            ticket.answer().whenComplete((done, failure) -> events.add(() -> end(ticket)));
            while (!over && !cancelled) {
                events.take().run();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("Nobody interrupts this thread", e);
        } catch (RuntimeException e) {
            handler.onError(Failures.of(e));
        } catch (Error e) {
            handler.onError(e);
        }
    }

    private void end(ContinuousBatch.Ticket ticket) {
        over = true;
        if (!cancelled) {
            ChatResponse whole =
                    Responses.of(SharedModel.await(ticket), chats.shared().name());
            tell(() -> handler.onCompleteResponse(whole));
        }
    }

    @Override
    public void onText(String text) {
        if (!text.isEmpty()) {
            events.add(() ->
                    tell(() -> handler.onPartialResponse(new PartialResponse(text), new PartialResponseContext(this))));
        }
    }

    /** As LangChain4j's other models do: a handler that fails on a piece is told, and gets the others. */
    private void tell(Runnable news) {
        try {
            news.run();
        } catch (RuntimeException e) {
            handler.onError(e);
        }
    }

    @Override
    public void cancel() {
        cancelled = true;
    }

    @Override
    public boolean isCancelled() {
        return cancelled;
    }

    /** What the batch asks before every token. */
    @Override
    public boolean cancelled() {
        return cancelled;
    }
}

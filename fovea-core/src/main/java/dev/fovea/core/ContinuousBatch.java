package dev.fovea.core;

import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.GenerationListener;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.image.ViewSize;
import dev.fovea.core.technique.Plans;
import dev.fovea.core.text.ChatMessage;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Answers the prompts of many users at once. Prompts join and leave between two tokens: one thread reads waiting
 * prompts, then chooses and feeds one token of every answer in the making, all in one pass, and so on. Every prompt has
 * its own technique, budget and sampling, and is answered as it would be alone. The words behind the pictures of a long
 * prompt are read in pieces, with a token of every answer in between, unless its plan looks at the question or the model
 * reads a prompt both ways.
 *
 * <p>Owners take turns, so that one with many prompts does not keep the others waiting. Features of pictures, and the
 * caches of prompts whose conversation may go on, are kept within the bounds of the {@linkplain BatchOptions options}.
 *
 * <p>Safe for use by several threads. Close it before its model.
 */
public final class ContinuousBatch implements AutoCloseable {
    private final Asking asking;
    private final BatchOptions options;
    private final Object lock = new Object();
    private final FairQueue<BatchWork> waiting = new FairQueue<>();
    private final Thread thread;
    private int active;
    private boolean closed;

    ContinuousBatch(Asking asking, BatchOptions options) {
        this.asking = asking;
        this.options = options;
        this.thread = Thread.ofPlatform().name("fovea-batch").daemon().unstarted(this::run);
        thread.start();
    }

    /** A prompt that was handed in. */
    public interface Ticket {
        /** The answer; fails with what went wrong, or as cancelled if its turn never came. */
        CompletableFuture<BatchAnswer> answer();

        /** Ends the answer at the next token, or takes the prompt out of the queue. */
        void cancel();
    }

    /**
     * Hands in a conversation. What its user has to wait for otherwise, preparing pictures and words, is done here, on
     * the calling thread.
     *
     * @param messages the conversation up to the answer, what the model is told included
     * @param images the pictures that the messages show, in order
     * @param how techniques, budget, generation and listener, which is called on the batch's thread and must not block;
     *     {@link AskOptions#system()} is not looked at
     * @param owner on whose behalf, for the order of turns
     * @throws QueueFullException if too many wait already
     * @throws IllegalArgumentException with one sentence if the conversation or the options do not fit the model
     * @throws IllegalStateException if the batch has been closed
     */
    public Ticket submit(List<ChatMessage> messages, List<RgbImage> images, AskOptions how, String owner) {
        refuseIfFull();
        BatchWork work = asking.gate().during(() -> prepare(messages, images, how));
        synchronized (lock) {
            refuseIfFull();
            waiting.add(owner, work);
            lock.notifyAll();
        }
        return work;
    }

    private void refuseIfFull() {
        synchronized (lock) {
            if (closed) {
                throw new IllegalStateException("This batch has been closed.");
            }
            if (waiting.size() >= options.waiting()) {
                throw new QueueFullException(waiting.size());
            }
        }
    }

    private BatchWork prepare(List<ChatMessage> messages, List<RgbImage> images, AskOptions how) {
        List<Shown> shown = asking.prepare(images, how);
        boolean keeps = how.plan() == null
                && !how.record()
                && how.framesPerSecond() == null
                && options.pictureBytes() + options.prefixBytes() > 0;
        List<PictureHash> hashes = keeps ? images.stream().map(PictureHash::of).toList() : List.of();
        String question = messages.stream()
                .filter(m -> m.role().equals("user"))
                .reduce((before, last) -> last)
                .map(ChatMessage::text)
                .orElse("");
        Asking.Job job = asking.job(messages, shown, question, how);
        if (!Plans.frames(job.plan())) {
            job = job.withPictures(shown.stream().map(Shown::withoutOriginal).toList());
        }
        List<ViewSize> sizes = job.views().stream().map(ContinuousBatch::size).toList();
        PlanKey plan = keeps ? new PlanKey(how.techniques(), how.budget(), sizes) : null;
        return new BatchWork(job, how, plan, hashes, this::wake);
    }

    private static ViewSize size(PreparedImage view) {
        return new ViewSize(view.height(), view.width(), view.part());
    }

    private void wake() {
        synchronized (lock) {
            lock.notifyAll();
        }
    }

    /** Prompts whose turn has not come. */
    public int waiting() {
        synchronized (lock) {
            return waiting.size();
        }
    }

    /** Whether further prompts are refused at the moment. */
    public boolean full() {
        return waiting() >= options.waiting();
    }

    /** Prompts that are being read or answered. */
    public int active() {
        synchronized (lock) {
            return active;
        }
    }

    private void run() {
        try (BatchRound round = new BatchRound(asking, options)) {
            while (await(round.active())) {
                try {
                    asking.gate().during(() -> {
                        round.run(this::next);
                        return round;
                    });
                } catch (RuntimeException | Error e) {
                    round.fail(e);
                }
            }
            round.fail(new CancellationException("The server is shutting down."));
        } finally {
            synchronized (lock) {
                closed = true;
                waiting.drop(work -> true)
                        .forEach(work -> work.fail(new CancellationException("The server is shutting down.")));
            }
        }
    }

    /** Waits until there is something to do; false if nothing will come any more. */
    private boolean await(int now) {
        synchronized (lock) {
            active = now;
            while (!closed && active == 0 && waiting.size() == 0) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    closed = true;
                }
            }
            return !closed;
        }
    }

    /** The next prompt that is still wanted, or null. */
    private @Nullable BatchWork next() {
        synchronized (lock) {
            waiting.drop(BatchWork::unwanted)
                    .forEach(work -> work.fail(new CancellationException("The request was cancelled.")));
            BatchWork work = waiting.poll();
            if (work != null) {
                active++;
            }
            return work;
        }
    }

    /** Waits until every prompt has its answer, or the time is over; further ones may still come. */
    public boolean drain(Duration most) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        while (true) {
            synchronized (lock) {
                if (closed || (active == 0 && waiting.size() == 0)) {
                    return true;
                }
            }
            if (System.nanoTime() - end > 0) {
                return false;
            }
            Thread.sleep(20);
        }
    }

    /** Ends all answers in the making, and gives the memory that was kept back. */
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
        boolean interrupted = false;
        while (thread.isAlive() && !Thread.currentThread().equals(thread)) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Follows an answer on behalf of its ticket: its user's listener, and whether it is wanted any longer. */
    static GenerationListener following(GenerationListener listener, BatchWork work) {
        return new GenerationListener() {
            @Override
            public void onToken(Generated.Token token) {
                listener.onToken(token);
            }

            @Override
            public void onText(String text) {
                listener.onText(text);
            }

            @Override
            public boolean cancelled() {
                return work.unwanted();
            }
        };
    }
}

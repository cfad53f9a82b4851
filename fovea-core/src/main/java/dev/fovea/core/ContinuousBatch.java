package dev.fovea.core;

import dev.fovea.core.generate.Generated;
import dev.fovea.core.generate.GenerationListener;
import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.image.ViewSize;
import dev.fovea.core.technique.Plans;
import dev.fovea.core.tensor.OperationThreads;
import dev.fovea.core.text.ChatMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Answers the prompts of many users at once. Prompts join and leave between two tokens: a thread reads waiting prompts,
 * then chooses and feeds one token of every answer in the making, all in one pass, and so on. Every prompt has its own
 * technique, budget and sampling, and is answered as it would be alone. A long prompt holds nobody up: while it is read,
 * the answers go on and shorter prompts are let in, see {@link BatchOptions#prefillTokens}.
 *
 * <p>Several threads may read and answer prompts of their own ({@link BatchOptions#workers}).
 *
 * <p>Owners take turns, so that one with many prompts does not keep the others waiting. Features of pictures, and the
 * caches of prompts whose conversation may go on, are kept within the bounds of the {@linkplain BatchOptions options}.
 *
 * <p>Safe for use by several threads. Close it before its model.
 */
public final class ContinuousBatch implements AutoCloseable {
    private static final int MUCH_LESS = 2;

    private final Asking asking;
    private final BatchOptions options;
    private final Object lock = new Object();
    private final FairQueue<BatchWork> waiting = new FairQueue<>();
    private final List<Worker> workers = new ArrayList<>();
    private final BatchMemory memory;
    private int running;
    private boolean closed;

    ContinuousBatch(Asking asking, BatchOptions options, Sharing sharing) {
        this.asking = asking;
        this.options = options;
        this.memory = BatchMemory.of(options, asking.engine().model()::isPlaceholder);
        for (int i = 0; i < sharing.workers(); i++) {
            workers.add(new Worker(i, sharing.joined()));
        }
        this.running = sharing.workers();
        workers.forEach(worker -> worker.thread.start());
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
     * @param how techniques, budget, generation and listener, which is called on a thread of the batch and must not block;
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
        if (how.speculate() != null) {
            throw new IllegalArgumentException(
                    "Answers that share a batch take one token at a time, all of them together;"
                            + " tokens are guessed for one question by itself: leave the draft '" + how.speculate()
                            + "' out.");
        }
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
        return new BatchWork(job, how, plan, hashes, weight(job), this::wake);
    }

    /** Patches for the encoder and tokens for the language model, before any technique acts. */
    private int weight(Asking.Job job) {
        int side = asking.shape().traits().side();
        int visual = job.views().stream()
                .mapToInt(view -> Pictures.of(asking.shape(), view.size()).visualTokens())
                .sum();
        return job.ids().length + visual * (1 + side * side);
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
            return workers.stream().mapToInt(worker -> worker.active).sum();
        }
    }

    /** A thread with the answers that it makes. */
    private final class Worker {
        private final Thread thread;
        private final BatchRound round;

        /** Prompts that it reads and answers; guarded by the lock, as the next. */
        private int active;

        /** Whether it is reading one, and will ask for the next when it has. */
        private boolean reading;

        private Worker(int number, int joined) {
            this.round = new BatchRound(asking, options, joined, memory, wanted -> next(this, wanted));
            this.thread = Thread.ofPlatform()
                    .name("fovea-batch" + (number == 0 ? "" : "-" + (number + 1)))
                    .daemon()
                    .unstarted(this::run);
        }

        private void run() {
            OperationThreads cores = new OperationThreads();
            try {
                for (int busy = await(this); busy > 0; busy = await(this)) {
                    cores.shareWith(busy);
                    round();
                }
            } finally {
                round.close();
                end();
            }
        }

        private void round() {
            try {
                asking.gate().during(() -> {
                    round.run();
                    return round;
                });
            } catch (RuntimeException | Error e) {
                // The model cannot be used: whoever waits is told so too, and not kept waiting.
                round.fail(e);
                failWaiting(e);
            }
        }
    }

    private void end() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
            failWaiting(new CancellationException("The server is shutting down."));
            running--;
            if (running == 0) {
                memory.close();
            }
        }
    }

    private void failWaiting(Throwable reason) {
        synchronized (lock) {
            waiting.drop(work -> true).forEach(work -> work.fail(reason));
        }
    }

    /** Waits until there is something to do: how many workers have something; 0 if nothing will come any more. */
    private int await(Worker worker) {
        synchronized (lock) {
            note(worker, false);
            while (!closed && worker.active == 0 && (waiting.size() == 0 || full(worker))) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    closed = true;
                }
            }
            return closed
                    ? 0
                    : (int) workers.stream()
                            .filter(w -> w.equals(worker) || w.active > 0)
                            .count();
        }
    }

    /** The next prompt that is still wanted and to be answered by this worker, or null. */
    private @Nullable BatchWork next(Worker worker, Predicate<BatchWork> wanted) {
        synchronized (lock) {
            waiting.drop(BatchWork::unwanted)
                    .forEach(work -> work.fail(new CancellationException("The request was cancelled.")));
            note(worker, worker.round.reading());
            BatchWork work = full(worker) ? null : waiting.poll(wanted);
            if (work != null) {
                worker.active++;
                worker.reading = true;
            }
            return work;
        }
    }

    private void note(Worker worker, boolean reading) {
        int before = worker.active;
        worker.active = worker.round.active();
        worker.reading = reading;
        if (worker.active < before) {
            lock.notifyAll();
        }
    }

    /**
     * Whether a worker leaves what waits to others: there is no place, or one with less to do is about to ask for it. One
     * that is reading asks later, so it is waited for only if it has much less to do.
     */
    private boolean full(Worker worker) {
        return active() >= options.sequences()
                || workers.stream().anyMatch(other -> other.active + (other.reading ? MUCH_LESS : 0) < worker.active);
    }

    /** Waits until every prompt has its answer, or the time is over; further ones may still come. */
    public boolean drain(Duration most) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        while (true) {
            synchronized (lock) {
                if (closed || (active() == 0 && waiting.size() == 0)) {
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
        for (Worker worker : workers) {
            while (worker.thread.isAlive() && !Thread.currentThread().equals(worker.thread)) {
                try {
                    worker.thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
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

package dev.fovea.core;

import dev.fovea.core.engine.PathEngine;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a thread of a {@link ContinuousBatch} does again and again: reads prompts whose turn has come, then chooses and
 * feeds a token of every answer.
 *
 * <p>Prompts are read whole, whatever their plans, and the reading pauses before more is read than the options allow
 * between two tokens: then every answer gets its token, and shorter prompts that wait are read, about as much of them as
 * the longer ones had read since the last.
 */
final class BatchRound implements AutoCloseable {
    private final Asking asking;
    private final BatchOptions options;
    private final int joined;
    private final Waiting waiting;
    private final BatchReader reader;
    private final List<BatchWork> answering = new ArrayList<>();

    /** The prompts that are being read together, above those that wait for them. */
    private final Deque<List<BatchWork>> reading = new ArrayDeque<>();

    /** Tokens read so far. */
    private double read;

    /** The same when the answers got their last token. */
    private double answered;

    /** Tokens that long prompts read before others are let in again. */
    private double owed;

    /** Where prompts come from. */
    interface Waiting {
        /** The next prompt that is wanted here; null if none waits or there is no place for another answer. */
        @Nullable
        BatchWork next(Predicate<BatchWork> wanted);
    }

    /** @param joined tokens of prompts that are read together; one prompt may have more */
    BatchRound(Asking asking, BatchOptions options, int joined, BatchMemory memory, Waiting waiting) {
        this.asking = asking;
        this.options = options;
        this.joined = joined;
        this.waiting = waiting;
        this.reader = new BatchReader(asking.withEngine(pausing(asking.engine())), memory);
    }

    /** Takes so few rows through a layer at once that two pauses fit between two tokens of the answers. */
    private PathEngine pausing(PathEngine engine) {
        long tokens = (long) options.prefillTokens()
                * engine.model().decoder().layers().size();
        return engine.takingAtOnce(Math.clamp(tokens / 2, 1, engine.rowsAtOnce()))
                .withBreaks(this::pause);
    }

    /** Prompts that are being read, and answers in the making. */
    int active() {
        return answering.size() + reading.stream().mapToInt(List::size).sum();
    }

    /** Whether prompts are being read, which wait while this is asked. */
    boolean reading() {
        return !reading.isEmpty();
    }

    /** Reads some prompts that wait, then gives every answer a token. */
    void run() {
        readSome(work -> true);
        step();
    }

    /** Reads prompts, as many as it takes to read what is allowed between two tokens; a long one is read to its end. */
    private void readSome(Predicate<BatchWork> wanted) {
        double before = read;
        boolean more = true;
        while (more && read - before < options.prefillTokens()) {
            List<BatchWork> group = new ArrayList<>();
            reading.push(group);
            try {
                more = gather(group, wanted);
                reader.read(group);
            } finally {
                reading.pop();
            }
            group.forEach(this::answer);
        }
    }

    /** Takes prompts to be read together; whether more may wait. */
    private boolean gather(List<BatchWork> group, Predicate<BatchWork> wanted) {
        int tokens = 0;
        while (tokens < joined) {
            int left = joined - tokens;
            boolean first = group.isEmpty();
            BatchWork work = waiting.next(w -> wanted.test(w) && (first || w.weight() <= left));
            if (work == null) {
                return false;
            }
            group.add(work);
            tokens += work.weight();
        }
        return true;
    }

    private void answer(BatchWork work) {
        if (work.hasState()) {
            work.read(asking);
            answering.add(work);
        }
    }

    /** Between two layers of what is being read. */
    private void pause(int rows, int layers) {
        List<BatchWork> current = reading.element();
        if (current.stream().allMatch(BatchWork::unwanted)) {
            throw new CancellationException("The request was cancelled.");
        }
        double tokens = (double) rows / layers;
        read += tokens;
        current.getFirst().readOn(tokens);
        if (reading.size() == 1) {
            owed -= tokens;
        }
        if (waitFor(tokens)) {
            return;
        }
        step();
        if (reading.size() == 1 && owed <= 0) {
            double before = read;
            double left = current.stream().mapToDouble(BatchWork::unread).sum();
            readSome(work -> work.weight() <= left);
            owed = read - before;
            if (!waitFor(tokens)) {
                step();
            }
        }
    }

    /** Whether the answers wait for so much more: what comes next is about as much as what was read last. */
    private boolean waitFor(double tokens) {
        return read - answered + tokens <= options.prefillTokens();
    }

    /** One token of every answer; what goes wrong with the pass they share is told to all of them. */
    private void step() {
        answered = read;
        try {
            answering.removeIf(this::chosenLast);
            if (!answering.isEmpty()) {
                asking.generator()
                        .advance(answering.stream().map(BatchWork::answering).toList());
            }
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    /** Chooses the next token of an answer; true if that was the last. */
    private boolean chosenLast(BatchWork work) {
        try {
            if (!work.choose()) {
                return false;
            }
            work.finish(asking);
            reader.leave(work);
        } catch (RuntimeException | Error e) {
            work.fail(e);
            work.forget();
        }
        return true;
    }

    /** Ends all answers with a failure. */
    void fail(Throwable reason) {
        for (BatchWork work : answering) {
            work.fail(reason);
            work.forget();
        }
        answering.clear();
    }

    @Override
    public void close() {
        fail(new CancellationException("The server is shutting down."));
    }
}

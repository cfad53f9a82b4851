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
 * <p>Prompts are read whole, whatever their plans, and the reading pauses whenever as much has been read as the options
 * allow between two tokens: then every answer gets its token, and shorter prompts that wait are read, no more of them than
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

    /** Tokens read since the last token of the answers. */
    private double read;

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

    /** Takes so few rows through a layer at once that a pause comes at most by half later than it should. */
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
        read = 0;
        readSome(work -> true);
        step();
    }

    /** Reads prompts until it is the answers' turn. */
    private void readSome(Predicate<BatchWork> wanted) {
        boolean more = true;
        while (more && read < options.prefillTokens()) {
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
        if (read < options.prefillTokens()) {
            return;
        }
        read = 0;
        step();
        if (reading.size() == 1 && owed <= 0) {
            double left = current.stream().mapToDouble(BatchWork::unread).sum();
            readSome(work -> work.weight() <= left);
            owed = read;
            read = 0;
        }
    }

    /** One token of every answer; what goes wrong with the pass they share is told to all of them. */
    private void step() {
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

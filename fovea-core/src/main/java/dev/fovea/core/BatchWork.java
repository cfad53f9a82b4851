package dev.fovea.core;

import dev.fovea.core.engine.PromptState;
import dev.fovea.core.generate.Answering;
import dev.fovea.core.generate.Generated;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One prompt on its way through a {@link ContinuousBatch}. All but the ticket is used by the batch's thread alone. */
final class BatchWork implements ContinuousBatch.Ticket {
    private final Asking.Job job;
    private final AskOptions options;
    private final @Nullable PlanKey plan;
    private final List<PictureHash> pictures;
    private final Runnable wake;
    private final CompletableFuture<BatchAnswer> answer = new CompletableFuture<>();
    private final int weight;
    private final long arrived = System.nanoTime();
    private volatile boolean cancelled;

    private long begun;
    private long seen;
    private long read;
    private long firstToken;
    private double readSoFar;
    private int held;
    private int cachedTokens;
    private int cachedViews;
    private @Nullable PromptState state;
    private @Nullable Answering answering;

    /**
     * @param plan which plan, where something of this prompt may be kept; else null
     * @param pictures the contents of its pictures, where something may be kept
     * @param weight about how much there is to read
     * @param wake tells the batch that something changed
     */
    BatchWork(
            Asking.Job job,
            AskOptions options,
            @Nullable PlanKey plan,
            List<PictureHash> pictures,
            int weight,
            Runnable wake) {
        this.weight = weight;
        this.job = job;
        this.options = options;
        this.plan = plan;
        this.pictures = pictures;
        this.wake = wake;
    }

    @Override
    public CompletableFuture<BatchAnswer> answer() {
        return answer;
    }

    @Override
    public void cancel() {
        cancelled = true;
        wake.run();
    }

    /** Whether nobody waits for the answer any longer. */
    boolean unwanted() {
        return cancelled || options.listener().cancelled();
    }

    void fail(Throwable reason) {
        answer.completeExceptionally(reason);
    }

    Asking.Job job() {
        return job;
    }

    AskOptions options() {
        return options;
    }

    @Nullable
    PlanKey plan() {
        return plan;
    }

    List<PictureHash> pictures() {
        return pictures;
    }

    /** Its turn has come. */
    void begin() {
        begun = begun == 0 ? System.nanoTime() : begun;
    }

    /** Its pictures have been encoded. */
    void seen(int cached) {
        seen = System.nanoTime();
        cachedViews = cached;
    }

    /** Its prompt is read into this state. */
    void state(PromptState own, int cached) {
        state = own;
        cachedTokens = cached;
    }

    /** Whether its prompt has been read. */
    boolean hasState() {
        return state != null;
    }

    PromptState state() {
        PromptState own = state;
        if (own == null) {
            throw new IllegalStateException("Nothing of the prompt has been read");
        }
        return own;
    }

    /** About how much there is to read: patches of pictures for the encoder, tokens for the language model. */
    int weight() {
        return weight;
    }

    /** So much more has been read. */
    void readOn(double tokens) {
        readSoFar += tokens;
    }

    /** About how much of it has not been read. */
    double unread() {
        return weight - readSoFar;
    }

    /** Lets go of what was read. */
    void forget() {
        PromptState part = state;
        if (part != null) {
            part.close();
            state = null;
        }
    }

    /** All of its prompt has been read. */
    void read(Asking asking) {
        read = System.nanoTime();
        held = state().held();
        answering = asking.generator()
                .begin(state(), options.generation(), ContinuousBatch.following(options.listener(), this));
    }

    /** The answer in the making, once the prompt has been read. */
    Answering answering() {
        Answering current = answering;
        if (current == null) {
            throw new IllegalStateException("The prompt has not been read");
        }
        return current;
    }

    /** Chooses the next token; true if the answer has ended. */
    boolean choose() {
        Answering current = answering();
        current.choose();
        if (firstToken == 0 && current.tokens() > 0) {
            firstToken = System.nanoTime();
        }
        return current.ended();
    }

    /** Hands the answer out. */
    void finish(Asking asking) {
        Answering current = answering();
        Generated text = current.result();
        Timings timings =
                new Timings(Asking.ms(begun, seen), Asking.ms(seen, read), Asking.ms(read, System.nanoTime()));
        answer.complete(new BatchAnswer(
                asking.answer(job, current.state(), held, text, timings),
                Asking.ms(arrived, begun),
                firstToken == 0 ? 0 : Asking.ms(arrived, firstToken),
                cachedTokens,
                cachedViews));
    }
}

package dev.fovea.core;

import dev.fovea.core.image.RgbImage;
import dev.fovea.core.text.ChatMessage;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;

/**
 * A model that the threads of a program share: it is opened once, whole conversations are handed in, and those that come
 * at the same time are answered in one {@linkplain ContinuousBatch batch}. What adapters of other libraries stand on.
 *
 * <pre>{@code
 * try (SharedModel shared = SharedModel.open(folder)) {
 *     ChatMessage asked = ChatMessage.of("user", 1, "How many red circles are there?");
 *     BatchAnswer answer = shared.ask(List.of(asked), List.of(picture), AskOptions.defaults());
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads.
 */
public final class SharedModel implements AutoCloseable {
    private static final String OWNER = "";

    private final VisionLanguageModel model;
    private final boolean owned;
    private final ContinuousBatch batch;

    private SharedModel(VisionLanguageModel model, boolean owned, BatchOptions options) {
        this.model = model;
        this.owned = owned;
        this.batch = model.batch(options);
    }

    /** Opens a model as {@link VisionLanguageModel#open(Path)} does; closing this closes it. */
    public static SharedModel open(Path path) {
        return open(path, OpenOptions.defaults(), BatchOptions.defaults());
    }

    /** As above, with options. */
    public static SharedModel open(Path path, OpenOptions options, BatchOptions batch) {
        return new SharedModel(VisionLanguageModel.open(path, options), true, batch);
    }

    /** Shares a model that somebody else closes, after this. */
    public static SharedModel of(VisionLanguageModel model, BatchOptions batch) {
        return new SharedModel(model, false, batch);
    }

    /** The model itself. */
    public VisionLanguageModel model() {
        return model;
    }

    /** How the model is called: the name of the folder or file that it was opened from. */
    public String name() {
        Path name = model.folder().toAbsolutePath().normalize().getFileName();
        return name == null ? "model" : name.toString();
    }

    /**
     * Hands in a conversation and returns at once, but for preparing its pictures and words.
     *
     * @see ContinuousBatch#submit
     */
    public ContinuousBatch.Ticket submit(List<ChatMessage> messages, List<RgbImage> images, AskOptions how) {
        return batch.submit(messages, images, how, OWNER);
    }

    /**
     * Hands in a conversation and waits for its answer. A thread that is interrupted takes its prompt out of the batch.
     *
     * @param messages the conversation up to the answer, what the model is told included
     * @param images the pictures that the messages show, in order
     * @param how techniques, budget, generation and listener
     * @throws QueueFullException if too many wait already
     * @throws IllegalArgumentException with one sentence if the conversation or the options do not fit the model
     * @throws CancellationException if the thread is interrupted, or this is closed meanwhile
     */
    public BatchAnswer ask(List<ChatMessage> messages, List<RgbImage> images, AskOptions how) {
        return await(submit(messages, images, how));
    }

    /**
     * Waits for an answer; what made it fail is thrown as it was.
     *
     * @throws CancellationException if the thread is interrupted, which takes the prompt out of the batch, or if the
     *     answer was given up
     */
    public static BatchAnswer await(ContinuousBatch.Ticket ticket) {
        try {
            return ticket.answer().get();
        } catch (InterruptedException e) {
            ticket.cancel();
            Thread.currentThread().interrupt();
            CancellationException cancelled = new CancellationException("The thread that waited was interrupted.");
            cancelled.initCause(e);
            throw cancelled;
        } catch (ExecutionException e) {
            throw asItWas(e);
        }
    }

    private static RuntimeException asItWas(ExecutionException e) {
        if (e.getCause() instanceof Error error) {
            throw error;
        }
        return e.getCause() instanceof RuntimeException known
                ? known
                : new IllegalStateException("The model failed", e);
    }

    /** Ends all answers in the making, and closes the model if this opened it. */
    @Override
    public void close() {
        batch.close();
        if (owned) {
            model.close();
        }
    }
}

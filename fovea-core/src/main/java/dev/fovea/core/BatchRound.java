package dev.fovea.core;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.generate.Answering;
import dev.fovea.core.technique.Plans;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the thread of a {@link ContinuousBatch} does again and again: reads prompts whose turn has come, then chooses and
 * feeds a token of every answer. What goes wrong with one prompt is told to that one alone.
 */
final class BatchRound implements AutoCloseable {
    /** Tokens that a cache has room for behind the prompt at first; it grows. */
    private static final int FIRST_ROOM = 256;

    private final Asking asking;
    private final BatchOptions options;
    private final List<BatchWork> answering = new ArrayList<>();
    private final KeptPictures pictures;
    private final KeptPrefixes prefixes;

    /** The prompt that has been read in part. */
    private @Nullable BatchWork reading;

    BatchRound(Asking asking, BatchOptions options) {
        this.asking = asking;
        this.options = options;
        this.pictures = new KeptPictures(options.pictureBytes());
        this.prefixes = new KeptPrefixes(options.prefixBytes(), asking.engine().model()::isPlaceholder);
    }

    /** Prompts that are being read, and answers in the making. */
    int active() {
        return answering.size() + (reading == null ? 0 : 1);
    }

    /** @param next gives the next prompt, or null if none waits */
    void run(Supplier<@Nullable BatchWork> next) {
        int tokens = 0;
        while (tokens < options.prefillTokens()) {
            BatchWork work = reading;
            if (work == null) {
                work = answering.size() < options.sequences() ? next.get() : null;
            }
            if (work == null) {
                break;
            }
            tokens += readOn(work, options.prefillTokens() - tokens);
        }
        step();
    }

    /** Begins to read a prompt or goes on, and tells it alone what goes wrong; the tokens that were read. */
    private int readOn(BatchWork work, int most) {
        reading = null;
        try {
            if (work.unwanted()) {
                throw new CancellationException("The request was cancelled.");
            }
            int read = work.begun() ? readPiece(work, most) : begin(work);
            if (work.unread() == 0) {
                work.read(asking);
                answering.add(work);
            } else {
                reading = work;
            }
            return read;
        } catch (RuntimeException | Error e) {
            work.fail(e);
            work.forget();
            return 0;
        }
    }

    /** Reads what has to be read at once: everything up to the last picture, or all of it. */
    private int begin(BatchWork work) {
        work.begin();
        int[] ids = work.job().ids();
        KeptPrefixes.Key prefix = prefix(work);
        PromptState known = prefix == null ? null : prefixes.take(prefix, ids);
        if (known != null) {
            work.seen(work.job().views().size());
            known.watch(work.options().attention());
            work.state(known, known.held());
            return 0;
        }
        Map<Integer, EncodedImage> own = new HashMap<>();
        try {
            List<EncodedImage> encoded = encode(work, own);
            int head = head(work.job());
            int room = ids.length - head + Math.min(work.options().generation().maxTokens(), FIRST_ROOM);
            PathEngine.Prompt prompt = asking.prompt(work.job().withIds(Arrays.copyOf(ids, head)), encoded, room);
            work.state(asking.engine().prefill(List.of(prompt)).getFirst(), 0);
            return work.state().length();
        } finally {
            own.values().forEach(EncodedImage::close);
            pictures.trim();
        }
    }

    /** Tokens of a prompt that must be read at once; words behind the pictures can follow in pieces. */
    private int head(Asking.Job job) {
        int[] ids = job.ids();
        boolean whole =
                !asking.engine().readsForwards() || Plans.looksAtQuestion(job.plan()) || job.recording() != null;
        if (whole) {
            return ids.length;
        }
        int behindPictures = ids.length;
        while (behindPictures > 0 && !asking.engine().model().isPlaceholder(ids[behindPictures - 1])) {
            behindPictures--;
        }
        return Math.max(behindPictures, Math.min(ids.length, options.prefillTokens()));
    }

    private int readPiece(BatchWork work, int most) {
        PromptState state = work.state();
        int[] ids = work.job().ids();
        int from = state.ids().length;
        int[] piece = Arrays.copyOfRange(ids, from, Math.min(ids.length, from + most));
        asking.engine().extend(List.of(state), List.of(piece));
        return piece.length;
    }

    /**
     * The features of all views, those that are kept and those that have to be made.
     *
     * @param own takes those that are the caller's to close
     */
    private List<EncodedImage> encode(BatchWork work, Map<Integer, EncodedImage> own) {
        int views = work.job().views().size();
        KeptPictures.@Nullable Key[] keys = keys(work);
        @Nullable EncodedImage[] all = new EncodedImage[views];
        int cached = 0;
        for (int v = 0; v < views; v++) {
            KeptPictures.Key key = keys[v];
            all[v] = key == null ? null : pictures.get(key);
            cached += all[v] == null ? 0 : 1;
        }
        List<EncodedImage> made = asking.encode(List.of(work.job()), v -> all[v] == null);
        int next = 0;
        List<EncodedImage> encoded = new ArrayList<>();
        for (int v = 0; v < views; v++) {
            EncodedImage image = all[v];
            if (image == null) {
                image = made.get(next++);
                KeptPictures.Key key = keys[v];
                if (key == null) {
                    own.put(v, image);
                } else {
                    pictures.put(key, image);
                }
            }
            encoded.add(image);
        }
        work.seen(cached);
        return encoded;
    }

    /** Under which key the features of each view are kept; null where they are not. */
    private KeptPictures.@Nullable Key[] keys(BatchWork work) {
        PlanKey plan = work.plan();
        KeptPictures.@Nullable Key[] keys =
                new KeptPictures.Key[work.job().views().size()];
        if (plan == null || Plans.encoderLooksAtQuestion(work.job().plan())) {
            return keys;
        }
        int view = 0;
        for (int p = 0; p < work.pictures().size(); p++) {
            int views = work.job().pictures().get(p).prepared().views().size();
            for (int v = 0; v < views; v++) {
                keys[view] = new KeptPictures.Key(plan, work.pictures().get(p), view);
                view++;
            }
        }
        return keys;
    }

    /** Under which key the caches are kept, or null if what the plan does depends on the question. */
    private KeptPrefixes.@Nullable Key prefix(BatchWork work) {
        PlanKey plan = work.plan();
        if (plan == null || options.prefixBytes() == 0 || !asking.engine().readsForwards()) {
            return null;
        }
        return Plans.looksAtQuestion(work.job().plan()) ? null : new KeptPrefixes.Key(plan, work.pictures());
    }

    /** One token of every answer. */
    private void step() {
        answering.removeIf(this::chosenLast);
        if (answering.isEmpty()) {
            return;
        }
        List<Answering> going = answering.stream().map(BatchWork::answering).toList();
        asking.generator().advance(going);
    }

    /** Chooses the next token of an answer; true if that was the last. */
    private boolean chosenLast(BatchWork work) {
        try {
            if (!work.choose()) {
                return false;
            }
            work.finish(asking);
            leave(work);
        } catch (RuntimeException | Error e) {
            work.fail(e);
            work.answering().state().close();
        }
        return true;
    }

    private void leave(BatchWork work) {
        PromptState state = work.answering().state();
        KeptPrefixes.Key key = prefix(work);
        if (key == null) {
            state.close();
        } else {
            prefixes.put(key, state);
        }
    }

    /** Ends everything with a failure. */
    void fail(Throwable reason) {
        BatchWork unread = reading;
        if (unread != null) {
            unread.fail(reason);
            unread.forget();
            reading = null;
        }
        for (BatchWork work : answering) {
            work.fail(reason);
            work.answering().state().close();
        }
        answering.clear();
    }

    @Override
    public void close() {
        fail(new CancellationException("The server is shutting down."));
        pictures.close();
        prefixes.close();
    }
}

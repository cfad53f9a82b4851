package dev.fovea.core;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.technique.Plans;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Reads prompts of a {@link ContinuousBatch} together: their pictures in one pass of the encoder, but for those whose
 * features are kept, their tokens in one pass of the language model, and the words of those that go on from kept caches in
 * another. What goes wrong with one prompt is told to that one alone.
 */
final class BatchReader {
    /** Tokens that a cache has room for behind the prompt at first; it grows. */
    private static final int FIRST_ROOM = 256;

    private final Asking asking;
    private final BatchMemory memory;

    /** @param asking whose engine may take breaks while it reads */
    BatchReader(Asking asking, BatchMemory memory) {
        this.asking = asking;
        this.memory = memory;
    }

    /** Reads prompts whose turn has come. Those that could be read have a state behind this, the others have failed. */
    void read(List<BatchWork> works) {
        works.forEach(BatchWork::begin);
        List<BatchWork> wanted = works.stream().filter(BatchReader::isWanted).toList();
        if (wanted.isEmpty()) {
            return;
        }
        try {
            together(wanted);
        } catch (RuntimeException | Error e) {
            wanted.forEach(BatchWork::forget);
            if (wanted.size() == 1) {
                wanted.getFirst().fail(e);
            } else {
                // Whose fault it was shows when each is read by itself.
                wanted.forEach(work -> read(List.of(work)));
            }
        }
    }

    private static boolean isWanted(BatchWork work) {
        if (work.unwanted()) {
            work.fail(new CancellationException("The request was cancelled."));
            return false;
        }
        return true;
    }

    private void together(List<BatchWork> works) {
        List<BatchWork> fresh = new ArrayList<>();
        List<BatchWork> known = new ArrayList<>();
        works.forEach(work -> (goesOn(work) ? known : fresh).add(work));
        if (!known.isEmpty()) {
            asking.engine()
                    .extend(
                            known.stream().map(BatchWork::state).toList(),
                            known.stream().map(BatchReader::rest).toList());
        }
        if (!fresh.isEmpty()) {
            begin(fresh);
        }
    }

    /** Goes on from the caches of an earlier prompt, if there are some. */
    private boolean goesOn(BatchWork work) {
        KeptPrefixes.Key key = prefix(work);
        PromptState known =
                key == null ? null : memory.prefixes().take(key, work.job().ids());
        if (known == null) {
            return false;
        }
        work.state(known, known.held());
        work.seen(work.job().views().size());
        known.watch(work.options().attention());
        return true;
    }

    private static int[] rest(BatchWork work) {
        int[] ids = work.job().ids();
        return Arrays.copyOfRange(ids, work.state().ids().length, ids.length);
    }

    private void begin(List<BatchWork> works) {
        try (Features features = new Features(works)) {
            List<PathEngine.Prompt> prompts = new ArrayList<>();
            for (int w = 0; w < works.size(); w++) {
                BatchWork work = works.get(w);
                int room = Math.min(work.options().generation().maxTokens(), FIRST_ROOM);
                prompts.add(asking.prompt(work.job(), features.of(w), room));
            }
            List<PromptState> states = asking.engine().prefill(prompts);
            for (int w = 0; w < works.size(); w++) {
                works.get(w).state(states.get(w), 0);
            }
        }
    }

    /** The features of the views of prompts, while these are read: those that are kept, and those that have to be made. */
    private final class Features implements AutoCloseable {
        private final List<BatchWork> works;
        private final List<@Nullable EncodedImage[]> all = new ArrayList<>();
        private final List<KeptPictures.Key> lent = new ArrayList<>();
        private final List<EncodedImage> own = new ArrayList<>();

        Features(List<BatchWork> works) {
            this.works = works;
            try {
                make();
            } catch (RuntimeException | Error e) {
                close();
                throw e;
            }
        }

        private void make() {
            List<KeptPictures.@Nullable Key[]> keys = new ArrayList<>();
            List<boolean[]> missing = new ArrayList<>();
            Set<KeptPictures.Key> coming = new HashSet<>();
            for (BatchWork work : works) {
                KeptPictures.@Nullable Key[] ofViews = keys(work);
                @Nullable EncodedImage[] views = new EncodedImage[ofViews.length];
                boolean[] wanting = new boolean[ofViews.length];
                for (int v = 0; v < views.length; v++) {
                    views[v] = lend(ofViews[v]);
                    // One that is shown twice is made once.
                    wanting[v] = views[v] == null && (ofViews[v] == null || coming.add(ofViews[v]));
                }
                keys.add(ofViews);
                all.add(views);
                missing.add(wanting);
            }
            own.addAll(asking.encode(works.stream().map(BatchWork::job).toList(), (w, v) -> missing.get(w)[v]));
            int next = 0;
            for (int w = 0; w < works.size(); w++) {
                int kept = 0;
                for (int v = 0; v < all.get(w).length; v++) {
                    kept += missing.get(w)[v] ? 0 : 1;
                    if (missing.get(w)[v]) {
                        next = take(w, v, keys.get(w)[v], next);
                    } else if (all.get(w)[v] == null) {
                        all.get(w)[v] = lend(keys.get(w)[v]);
                    }
                }
                works.get(w).seen(kept);
            }
        }

        /** Puts what has been made in its place, and those that may be kept where they are kept. */
        private int take(int work, int view, KeptPictures.@Nullable Key key, int next) {
            EncodedImage made = own.get(next);
            if (key == null) {
                all.get(work)[view] = made;
                return next + 1;
            }
            own.remove(next);
            all.get(work)[view] = memory.pictures().keep(key, made);
            lent.add(key);
            return next;
        }

        private @Nullable EncodedImage lend(KeptPictures.@Nullable Key key) {
            EncodedImage known = key == null ? null : memory.pictures().lend(key);
            if (key != null && known != null) {
                lent.add(key);
            }
            return known;
        }

        List<EncodedImage> of(int work) {
            return Arrays.stream(all.get(work)).map(Objects::requireNonNull).toList();
        }

        @Override
        public void close() {
            own.forEach(EncodedImage::close);
            memory.pictures().giveBack(lent);
        }
    }

    /** Under which key the features of each view are kept; null where they are not. */
    private static KeptPictures.@Nullable Key[] keys(BatchWork work) {
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

    /** Keeps the caches of an answered prompt for one that goes on from them, or frees them. */
    void leave(BatchWork work) {
        KeptPrefixes.Key key = prefix(work);
        if (key == null) {
            work.forget();
        } else {
            memory.prefixes().put(key, work.state());
        }
    }

    /** Under which key the caches are kept, or null if what the plan does depends on the question. */
    private KeptPrefixes.@Nullable Key prefix(BatchWork work) {
        PlanKey plan = work.plan();
        if (plan == null || !memory.prefixes().keeps() || !asking.engine().readsForwards()) {
            return null;
        }
        return Plans.looksAtQuestion(work.job().plan()) ? null : new KeptPrefixes.Key(plan, work.pictures());
    }
}

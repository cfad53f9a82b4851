package dev.fovea.core;

import dev.fovea.core.engine.PromptState;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Prompts that were read and answered, whose caches a next turn may go on from, within a bound of native memory. A
 * prompt that goes on takes the caches away: they belong to one at a time. Safe for use by several threads.
 */
final class KeptPrefixes implements AutoCloseable {
    /** Fewer tokens than this are read again sooner than found. */
    private static final int LEAST = 4;

    /**
     * What must be the same for caches to be of use.
     *
     * @param plan which plan
     * @param pictures all pictures of the prompt, in order
     */
    record Key(PlanKey plan, List<PictureHash> pictures) {}

    private record Kept(Key key, PromptState state) {}

    private final long limit;
    private final IntPredicate placeholder;
    private final List<Kept> kept = new ArrayList<>();
    private long bytes;

    /** @param placeholder whether a token stands for a picture */
    KeptPrefixes(long limit, IntPredicate placeholder) {
        this.limit = limit;
        this.placeholder = placeholder;
    }

    /** Whether anything is kept. */
    boolean keeps() {
        return limit > 0;
    }

    /**
     * Takes out the caches that share most with a prompt, cut back to what they share; all of its pictures are in them.
     * At least one token of the prompt is left to be read. Null if there are none.
     */
    @Nullable
    synchronized PromptState take(Key key, int[] ids) {
        int best = -1;
        int most = LEAST - 1;
        for (int i = 0; i < kept.size(); i++) {
            Kept one = kept.get(i);
            int common = Math.min(one.state.common(ids), ids.length - 1);
            boolean pictures = IntStream.range(common, ids.length).noneMatch(j -> placeholder.test(ids[j]));
            if (common > most && pictures && one.key.equals(key)) {
                best = i;
                most = common;
            }
        }
        if (best < 0) {
            return null;
        }
        PromptState state = kept.remove(best).state;
        bytes -= state.bytes();
        state.truncate(most);
        return state;
    }

    /** Takes caches over. */
    synchronized void put(Key key, PromptState state) {
        kept.add(new Kept(key, state));
        bytes += state.bytes();
        Iterator<Kept> eldest = kept.iterator();
        while (bytes > limit && eldest.hasNext()) {
            PromptState old = eldest.next().state;
            bytes -= old.bytes();
            old.close();
            eldest.remove();
        }
    }

    @Override
    public synchronized void close() {
        kept.forEach(one -> one.state.close());
        kept.clear();
        bytes = 0;
    }
}

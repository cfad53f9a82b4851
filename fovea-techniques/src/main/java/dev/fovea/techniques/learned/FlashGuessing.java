package dev.fovea.techniques.learned;

import dev.fovea.core.draft.Guessing;
import dev.fovea.core.draft.Reading;
import dev.fovea.core.draft.Target;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * FLASH's draft behind one answer. Later tokens see of a token its first slot alone, whose keys and values no later token
 * changes: they are kept, and a guess takes one token in all its slots through the layer.
 */
final class FlashGuessing implements Guessing {
    private final FlashDraft draft;
    private final Target target;
    private boolean shown;
    private int taken;
    private @Nullable OwnedTensor keys;
    private @Nullable OwnedTensor values;

    /** The last token: joined with the one that follows, and as the model has it. */
    private @Nullable OwnedTensor last;

    private @Nullable OwnedTensor state;

    FlashGuessing(FlashDraft draft, Target target) {
        this.draft = draft;
        this.target = target;
    }

    @Override
    public void read(Reading more, int next) {
        int count = more.ids().length;
        int[] following = Arrays.copyOfRange(more.ids(), 1, count + 1);
        following[count - 1] = next;
        try (Scope ignored = Scope.inference()) {
            Tensor tokens = draft.taken(more, following, shown, target).tokens();
            int n = (int) tokens.size(0);
            int[] each = IntStream.range(0, n).toArray();
            Tensor rows = draft.layer().slotted(tokens, each, new int[n]);
            FlashLayer.Kept added =
                    draft.layer().keep(rows, IntStream.range(taken, taken + n).toArray());
            FlashLayer.Kept all =
                    keys == null || values == null ? added : new FlashLayer.Kept(keys.get(), values.get()).and(added);
            keys = kept(keys, all.keys());
            values = kept(values, all.values());
            last = kept(last, tokens.narrow(0, n - 1L, 1).clone());
            state = kept(state, more.states().narrow(0, count - 1L, 1).clone());
            taken += n;
            shown |= more.shows();
        }
    }

    private static OwnedTensor kept(@Nullable OwnedTensor before, Tensor now) {
        OwnedTensor own = OwnedTensor.of(now);
        if (before != null) {
            before.close();
        }
        return own;
    }

    @Override
    public int[] guess(int most, ToIntFunction<float[]> choose) {
        if (last == null || state == null || keys == null || values == null) {
            throw new IllegalStateException("Nothing has been read yet");
        }
        int n = Math.min(most, draft.most());
        int[] guesses = new int[n];
        try (Scope ignored = Scope.inference()) {
            Tensor expected = expected(n, last.get(), state.get(), new FlashLayer.Kept(keys.get(), values.get()));
            Tensor words = null;
            for (int slot = 0; slot < n; slot++) {
                Tensor own = expected.narrow(0, slot, 1);
                if (words != null) {
                    own = draft.refined(slot, words, own);
                }
                guesses[slot] = choose.applyAsInt(Tensors.floats(target.logits(own)));
                Tensor word = target.embed(guesses[slot]);
                words = words == null ? word : words.add(word);
            }
        }
        return guesses;
    }

    /** The last token in its first slots, before the words between them are known: {@code [slots, width]}. */
    private Tensor expected(int slots, Tensor token, Tensor own, FlashLayer.Kept seen) {
        int[] each = IntStream.range(0, slots).toArray();
        Tensor rows = draft.layer().slotted(token, new int[slots], each);
        int[] positions = IntStream.range(taken - 1, taken - 1 + slots).toArray();
        FlashLayer.Kept all = slots == 1
                ? seen
                : seen.and(draft.layer().keep(rows.narrow(0, 1, slots - 1L), Arrays.copyOfRange(positions, 1, slots)));
        Tensor leaving = draft.layer().leaving(rows, positions, all, hidden(slots));
        return draft.skipped(leaving, own.expand(slots, -1), each);
    }

    /** A slot sees all first slots, and of the last token's others those up to itself. */
    private Tensor hidden(int slots) {
        int width = taken + slots - 1;
        byte[] mask = new byte[slots * width];
        for (int slot = 0; slot < slots; slot++) {
            Arrays.fill(mask, slot * width + taken + slot, (slot + 1) * width, (byte) 1);
        }
        return Tensors.to(Tensors.of(mask, slots, width), DType.BOOL);
    }

    @Override
    public void close() {
        for (OwnedTensor own : new OwnedTensor[] {keys, values, last, state}) {
            if (own != null) {
                own.close();
            }
        }
        keys = null;
        values = null;
        last = null;
        state = null;
    }
}

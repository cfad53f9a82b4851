package dev.fovea.techniques.learned;

import dev.fovea.core.draft.Draft;
import dev.fovea.core.draft.Guessing;
import dev.fovea.core.draft.Lesson;
import dev.fovea.core.draft.Reading;
import dev.fovea.core.draft.Target;
import dev.fovea.core.layer.Activation;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * FLASH's draft (arXiv 2505.12728, section 4, and the official code). A picture's states become a few tokens, by learned
 * queries; a word's state is joined with the embedding of the word that follows it. One layer takes each token in several
 * slots, of which slot {@code i} expects the state {@code 1 + i} tokens further on; each slot adds its own share of the
 * token's state, and from the second on what follows from the words guessed before it.
 *
 * @param own the draft's weights
 */
record FlashDraft(FlashSizes sizes, Weights own) implements Draft {

    @Override
    public int slots() {
        return sizes.slots();
    }

    @Override
    public int most() {
        return sizes.most();
    }

    @Override
    public Guessing begin(Target target) {
        return new FlashGuessing(this, target);
    }

    FlashLayer layer() {
        return new FlashLayer(sizes, own);
    }

    /**
     * A picture's states as fewer: {@code softmax(A V^T) V}, without a scale and without projections.
     *
     * @param states {@code V [visual, width]}
     * @return {@code [latents, width]}
     */
    Tensor compressed(Tensor states) {
        Tensor queries = own.tensor("queries", sizes.latents(), sizes.width());
        return Tensors.softmax(queries.matmul(states.transpose(0, 1))).matmul(states);
    }

    /**
     * Words' states joined with what follows them: {@code SiLU(W_g [e; f]) * (W_u [e; f])}.
     *
     * @param next embeddings of the words that follow: {@code [words, width]}
     */
    Tensor fused(Tensor states, Tensor next) {
        Tensor both = Tensors.cat(1, next, states);
        Tensor gate =
                own.linear("fuse.gate", sizes.width(), 2L * sizes.width(), true).forward(both);
        return Activation.SILU
                .forward(gate)
                .mul(own.linear("fuse.up", sizes.width(), 2L * sizes.width(), true)
                        .forward(both));
    }

    /**
     * What the layer takes of a text with its pictures.
     *
     * @param tokens {@code [compressed, width]}
     * @param from for each of them the token that it is made of; of a picture's the first one
     */
    @SuppressWarnings("ArrayRecordComponent") // made for one pass and dropped; never compared
    record Taken(Tensor tokens, int[] from) {}

    /**
     * Compresses pictures and joins words.
     *
     * @param next for each token the one that follows
     * @param shown whether a picture stands before the first of these tokens already
     */
    Taken taken(Reading reading, int[] next, boolean shown, Target target) {
        int[] pictures = reading.pictures();
        int picture = IntStream.range(0, pictures.length)
                .filter(t -> pictures[t] != Reading.WORD)
                .findFirst()
                .orElse(-1);
        int fuseFrom = shown || sizes.fuseAll() ? 0 : Math.max(0, picture);
        List<Tensor> parts = new ArrayList<>();
        IntStream.Builder from = IntStream.builder();
        for (int t = 0; t < pictures.length; ) {
            int end = t + 1;
            boolean plain = pictures[t] == Reading.WORD && t < fuseFrom;
            while (end < pictures.length && pictures[end] == pictures[t] && (!plain || end < fuseFrom)) {
                end++;
            }
            Tensor states = reading.states().narrow(0, t, end - t);
            int first = t;
            if (pictures[t] != Reading.WORD) {
                parts.add(compressed(states));
                IntStream.range(0, sizes.latents()).forEach(c -> from.add(first));
            } else {
                parts.add(plain ? states : fused(states, target.embed(Arrays.copyOfRange(next, t, end))));
                IntStream.range(t, end).forEach(from);
            }
            t = end;
        }
        return new Taken(
                Tensors.cat(0, parts.toArray(Tensor[]::new)), from.build().toArray());
    }

    /** What leaves the layer with its share of the token's own state: {@code [rows, width]}. */
    Tensor skipped(Tensor leaving, Tensor states, int[] slot) {
        Tensor shares = own.tensor("skip", sizes.slots())
                .index_select(0, Tensors.indices(slot))
                .unsqueeze(1);
        return leaving.add(shares.mul(states));
    }

    /**
     * A slot that goes by the words before it.
     *
     * @param slot from 1
     * @param words sum of the embeddings of the words that slots 1 to this one were told: {@code [rows, width]}
     * @param expected by the slot alone: {@code [rows, width]}
     */
    Tensor refined(int slot, Tensor words, Tensor expected) {
        String name = "refine." + slot;
        Tensor inside = own.linear(name + ".in", sizes.inner(), 2L * sizes.width(), false)
                .forward(Tensors.cat(1, words, expected))
                .relu();
        return expected.add(
                own.linear(name + ".out", sizes.width(), sizes.inner(), false).forward(inside));
    }

    @Override
    public Tensor expect(Target target, Lesson lesson) {
        Taken taken = taken(lesson.reading(), lesson.next(), false, target);
        int[] groups = chosen(lesson.groups(), taken.from());
        int[] asked = asked(taken, lesson);
        SlotRows rows = SlotRows.of(places(groups), groups, asked, sizes.slots());
        int[] asking = rows.of(asked);
        Tensor entering = layer().slotted(taken.tokens(), rows.tokens(), rows.slots());
        int[] positions = rows.positions();
        FlashLayer.Kept kept = layer().keep(entering, positions);
        Tensor leaving = layer().leaving(
                        entering.index_select(0, Tensors.indices(asking)),
                        chosen(positions, asking),
                        kept,
                        rows.hidden(asking));
        Tensor states = lesson.reading().states().index_select(0, Tensors.indices(repeated(lesson.asked())));
        Tensor expected =
                skipped(leaving, states, chosen(rows.slots(), asking)).view(asked.length, sizes.slots(), sizes.width());
        return refined(target, expected, lesson.told());
    }

    private static int[] chosen(int[] numbers, int[] rows) {
        return Arrays.stream(rows).map(r -> numbers[r]).toArray();
    }

    /** Where the asked tokens are among those that the layer takes. */
    private static int[] asked(Taken taken, Lesson lesson) {
        return Arrays.stream(lesson.asked())
                .map(t -> {
                    int at = Arrays.binarySearch(taken.from(), t);
                    if (at < 0 || lesson.reading().pictures()[t] != Reading.WORD) {
                        throw new IllegalArgumentException("Nothing can be guessed from visual token " + t);
                    }
                    return at;
                })
                .toArray();
    }

    /** Places count; every continuation begins behind what is common. */
    private static int[] places(int[] groups) {
        int[] used = new int[Arrays.stream(groups).max().orElse(0) + 1];
        int common = (int) Arrays.stream(groups).filter(g -> g == 0).count();
        return Arrays.stream(groups)
                .map(g -> g == 0 ? used[0]++ : common + used[g]++)
                .toArray();
    }

    private int[] repeated(int[] tokens) {
        return Arrays.stream(tokens)
                .flatMap(t -> IntStream.generate(() -> t).limit(sizes.slots()))
                .toArray();
    }

    /** @param expected {@code [asked, slots, width]} */
    private Tensor refined(Target target, Tensor expected, int[][] told) {
        List<Tensor> slots = new ArrayList<>(List.of(expected.select(1, 0)));
        Tensor words = null;
        for (int slot = 1; slot < sizes.slots(); slot++) {
            int at = slot - 1;
            int[] ids = Arrays.stream(told).mapToInt(t -> t[at]).toArray();
            if (Arrays.stream(ids).anyMatch(id -> id == Lesson.OWN)) {
                int[] guessed = likeliest(target, slots.getLast());
                for (int i = 0; i < ids.length; i++) {
                    ids[i] = ids[i] == Lesson.OWN ? guessed[i] : ids[i];
                }
            }
            Tensor more = target.embed(ids);
            words = words == null ? more : words.add(more);
            slots.add(refined(slot, words, expected.select(1, slot)));
        }
        return torch.stack(new TensorVector(slots.toArray(Tensor[]::new)), 1);
    }

    private static int[] likeliest(Target target, Tensor states) {
        try (Scope ignored = Scope.inference()) {
            return Tensors.ints(target.logits(states.detach()).argmax(new LongOptional(1), false));
        }
    }
}

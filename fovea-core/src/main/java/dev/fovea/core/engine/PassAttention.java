package dev.fovea.core.engine;

import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.KvCache;
import dev.fovea.core.model.language.SelfAttention;
import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Who looks at whom in a pass of several sequences: all rows of all sequences at once where one kernel serves them, each
 * sequence by itself where its cache, its sight or its rescaling asks for that.
 */
final class PassAttention implements AutoCloseable {
    private final Decoder decoder;
    private final List<DecoderPass.Chunk> chunks;
    private @Nullable EdgeMask mask;

    PassAttention(Decoder decoder, List<DecoderPass.Chunk> chunks) {
        this.decoder = decoder;
        this.chunks = chunks;
    }

    /**
     * Attention of every row in a layer; sequences that were told to rescale have their last row replaced.
     *
     * @param k keys of all sequences
     * @param v their values
     * @param lengths of the sequences in this pass
     */
    Tensor allRows(int index, DecoderProjections now, Tensor k, Tensor v, int[] lengths) {
        Tensor q = now.queries(true);
        Tensor out = together(index, q, k, v, lengths);
        if (out != null && chunks.stream().allMatch(c -> c.sequence().rescaling(index) == null)) {
            return out;
        }
        Tensor[] parts = new Tensor[chunks.size()];
        int from = 0;
        for (int c = 0; c < parts.length; c++) {
            DecoderPass.Chunk chunk = chunks.get(c);
            Tensor own = q.narrow(1, from, lengths[c]);
            Held held = chunk.sequence().keeps()
                    ? Held.by(chunk.sequence().cache().layer(index))
                    : new Held(k.narrow(1, from, lengths[c]), v.narrow(1, from, lengths[c]));
            parts[c] = out == null ? attend(index, chunk, own, held) : out.narrow(0, from, lengths[c]);
            boolean pending = out != null || lengths[c] > 1;
            if (pending && chunk.sequence().rescaling(index) != null) {
                Tensor row = attend(index, chunk, own.narrow(1, lengths[c] - 1, 1), held);
                parts[c] = Tensors.cat(0, parts[c].narrow(0, 0, lengths[c] - 1), row);
            }
            from += lengths[c];
        }
        return Tensors.cat(0, parts);
    }

    /** What the queries of a sequence may look at: {@code [kv-heads, keys, d]} each. */
    private record Held(Tensor keys, Tensor values) {
        static Held by(KvCache.Layer cache) {
            return new Held(cache.keys(), cache.values());
        }
    }

    /** Attention of whole prompts at once, under their edges where they have some; null where one is to be told apart. */
    private @Nullable Tensor together(int index, Tensor q, Tensor k, Tensor v, int[] lengths) {
        SelfAttention attention = decoder.layers().get(index).attention();
        Sight.Rule rule = rule(attention);
        if (chunks.stream().anyMatch(c -> c.sequence().gates() != null)) {
            if (attention.cap() != 0) {
                throw new IllegalArgumentException(
                        "Gates are learned through scores as they are, but those of this model"
                                + " are capped; take a technique that decides otherwise.");
            }
            return PackedAttention.explicit(q, k, v, lengths, gated(index, rule), attention.scale());
        }
        if (attention.cap() != 0
                || chunks.stream()
                        .anyMatch(c -> !c.fresh() || c.sequence().sight(index).bent(rule))) {
            return null;
        }
        List<@Nullable AttentionEdges> edges = new ArrayList<>();
        chunks.forEach(c -> edges.add(c.sequence().edges(index)));
        mask = EdgeMask.of(mask, edges, lengths);
        return mask == null
                ? PackedAttention.self(q, k, v, lengths, true, attention.scale(), null)
                : mask.attend(q, k, v, attention.scale());
    }

    /** What is added to the scores of each sequence that has gates to learn: {@code [length, length]}. */
    private List<Tensor> gated(int index, Sight.Rule rule) {
        List<Tensor> masks = new ArrayList<>();
        for (DecoderPass.Chunk chunk : chunks) {
            Sight sight = chunk.sequence().sight(index);
            Tensor open = Tensors.zeros(DType.F32, sight.count(), sight.count());
            Tensor hidden = sight.hidden(sight, rule);
            Tensor mask = hidden == null ? open : open.masked_fill(hidden, new Scalar(Double.NEGATIVE_INFINITY));
            Tensor gates = chunk.sequence().gates();
            masks.add(gates == null ? mask : mask.add(gates));
        }
        return masks;
    }

    /**
     * Attention of the last row of every sequence: behind the last layer no other is asked for.
     *
     * @param ends rows of the last tokens
     */
    Tensor lastRows(int index, DecoderProjections now, int[] ends) {
        Tensor[] parts = new Tensor[ends.length];
        for (int c = 0; c < parts.length; c++) {
            DecoderPass.Chunk chunk = chunks.get(c);
            Held held = Held.by(chunk.sequence().cache().layer(index));
            parts[c] = attend(index, chunk, now.query(ends[c], true), held);
        }
        return Tensors.cat(0, parts);
    }

    /**
     * Attention of the last tokens of a sequence to what its layer holds; a single one's as it was told to rescale it.
     *
     * @param q {@code [heads, queries, d]}
     */
    private Tensor attend(int index, DecoderPass.Chunk chunk, Tensor q, Held in) {
        SelfAttention attention = decoder.layers().get(index).attention();
        Sequence s = chunk.sequence();
        int queries = (int) q.size(1);
        List<float[]> factors = queries == 1 ? s.rescaling(index) : null;
        Sight.Rule rule = rule(attention);
        boolean everything = attention.cap() == 0 && rule.window() == 0 && s.edges(index) == null;
        if (factors == null
                && everything
                && (queries == 1 || !chunk.fresh() || !s.sight(index).special(rule))) {
            return PackedAttention.last(q, in.keys(), in.values(), attention.scale());
        }
        Sight held = chunk.fresh() ? s.sight(index) : s.held(index);
        Sight asking = held.last(queries);
        if (factors != null) {
            return Rescaling.attend(
                    q, in.keys(), in.values(), attention.scale(), attention.cap(), asking.hidden(held, rule), factors);
        }
        int first = Sight.unseen(asking, held, rule);
        int keys = held.count() - first;
        return PackedAttention.masked(
                q,
                in.keys().narrow(1, first, keys),
                in.values().narrow(1, first, keys),
                asking.hidden(held.from(first), rule),
                attention.scale(),
                attention.cap());
    }

    private Sight.Rule rule(SelfAttention attention) {
        return new Sight.Rule(attention.window(), acrossWindows());
    }

    /** Whether tokens that see each other do so across windows. */
    boolean acrossWindows() {
        return decoder.options().variant().mutual().acrossWindows();
    }

    /** Frees the mask that layers shared. */
    @Override
    public void close() {
        if (mask != null) {
            mask.close();
            mask = null;
        }
    }
}

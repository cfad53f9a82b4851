package dev.fovea.core.engine;

import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.KvCache;
import dev.fovea.core.model.language.SelfAttention;
import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    private final Map<List<Integer>, PassAttention> parts = new HashMap<>();
    private @Nullable EdgeMask mask;

    PassAttention(Decoder decoder, List<DecoderPass.Chunk> chunks) {
        this.decoder = decoder;
        this.chunks = chunks;
    }

    /** The same of some neighbouring sequences. */
    PassAttention of(int first, int count) {
        return parts.computeIfAbsent(
                List.of(first, count), key -> new PassAttention(decoder, chunks.subList(first, first + count)));
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
            parts[c] = out == null ? attend(index, chunk, own, held, 0) : out.narrow(0, from, lengths[c]);
            boolean pending = out != null || lengths[c] > 1;
            if (pending && chunk.each() && chunk.sequence().rescaling(index) != null) {
                parts[c] = eachAsLast(index, chunk, own, held);
            } else if (pending && chunk.sequence().rescaling(index) != null) {
                Tensor row = attend(index, chunk, own.narrow(1, lengths[c] - 1, 1), held, 0);
                parts[c] = Tensors.cat(0, parts[c].narrow(0, 0, lengths[c] - 1), row);
            }
            from += lengths[c];
        }
        return Tensors.cat(0, parts);
    }

    /** Every row as it would be if it were the last one. */
    private Tensor eachAsLast(int index, DecoderPass.Chunk chunk, Tensor q, Held held) {
        Tensor[] rows = new Tensor[(int) q.size(1)];
        for (int r = 0; r < rows.length; r++) {
            rows[r] = attend(index, chunk, q.narrow(1, r, 1), held, rows.length - 1 - r);
        }
        return Tensors.cat(0, rows);
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
            parts[c] = attend(index, chunk, now.query(ends[c], true), held, 0);
        }
        return Tensors.cat(0, parts);
    }

    /**
     * Attention of some neighbouring rows of one sequence, all of whose keys and values are in its cache; its last row as
     * it was told to rescale it.
     *
     * @param q {@code [heads, rows, d]}
     * @param start the first of these rows among those of the sequence in this pass
     */
    Tensor stretch(int index, DecoderPass.Chunk chunk, Tensor q, int start) {
        Held held = Held.by(chunk.sequence().cache().layer(index));
        int rows = (int) q.size(1);
        int behind = chunk.length() - start - rows;
        Tensor all = attend(index, chunk, q, held, behind);
        if (behind > 0 || rows == 1 || chunk.sequence().rescaling(index) == null) {
            return all;
        }
        Tensor row = attend(index, chunk, q.narrow(1, rows - 1, 1), held, 0);
        return Tensors.cat(0, all.narrow(0, 0, rows - 1), row);
    }

    /**
     * How the last token of a sequence looks at all that a layer holds, the mean over heads: {@code [held]}. Beside the
     * kernel, for those who want to see it.
     *
     * @param q {@code [heads, 1, d]}
     */
    float[] lastRow(int index, DecoderPass.Chunk chunk, Tensor q) {
        SelfAttention of = decoder.layers().get(index).attention();
        Sequence s = chunk.sequence();
        Sight held = chunk.fresh() ? s.sight(index) : s.held(index);
        Sight asking = held.between(held.count() - 1, held.count());
        Tensor probabilities =
                AttentionScores.probabilities(of, q, s.cache().layer(index).keys(), asking.hidden(held, rule(of)));
        return Tensors.floats(AttentionScores.mean(probabilities, 0, 1));
    }

    /**
     * Attention of neighbouring tokens of a sequence to what its layer holds; of the last one by itself as it was told to
     * rescale it.
     *
     * @param q {@code [heads, queries, d]}
     * @param behind tokens of the sequence behind them
     */
    private Tensor attend(int index, DecoderPass.Chunk chunk, Tensor q, Held in, int behind) {
        SelfAttention attention = decoder.layers().get(index).attention();
        Sequence s = chunk.sequence();
        int queries = (int) q.size(1);
        boolean lastOne = queries == 1 && (behind == 0 || chunk.each());
        List<float[]> factors = lastOne ? s.rescaling(index) : null;
        Sight.Rule rule = rule(attention);
        long before = in.keys().size(1) - behind;
        boolean everything = attention.cap() == 0
                && rule.window() == 0
                && free(s.edges(index), (int) before - queries, (int) before);
        if (factors == null
                && everything
                && (lastOne || !chunk.fresh() || !s.sight(index).bent(rule))) {
            return PackedAttention.last(
                    q, in.keys().narrow(1, 0, before), in.values().narrow(1, 0, before), attention.scale());
        }
        Sight held = chunk.fresh() ? s.sight(index) : s.held(index);
        int end = held.count() - behind;
        Sight asking = held.between(end - queries, end);
        if (factors != null) {
            return Rescaling.attend(
                    q,
                    in.keys().narrow(1, 0, before),
                    in.values().narrow(1, 0, before),
                    attention.scale(),
                    attention.cap(),
                    asking.hidden(held.between(0, (int) before), rule),
                    factors);
        }
        int pieces = Math.ceilDiv(queries, Math.max(1, PackedAttention.MASK_AT_ONCE / held.count()));
        Tensor[] parts = new Tensor[pieces];
        for (int p = 0; p < pieces; p++) {
            int from = (int) ((long) queries * p / pieces);
            int to = (int) ((long) queries * (p + 1) / pieces);
            try (Scope scope = Scope.inner()) {
                Sight some = asking.between(from, to);
                parts[p] = scope.keep(masked(attention, rule, q.narrow(1, from, to - from), in, some, held));
            }
        }
        return Tensors.cat(0, parts);
    }

    /** Whether edges hide nothing from these tokens: they are computed as if there were none, to the last bit. */
    private static boolean free(@Nullable AttentionEdges edges, int from, int to) {
        return edges == null || edges.restricted(from, to).length == 0;
    }

    /** Over the keys between the first and the last that one of the queries sees. */
    private static Tensor masked(
            SelfAttention attention, Sight.Rule rule, Tensor q, Held in, Sight asking, Sight held) {
        int first = Sight.unseen(asking, held, rule);
        int keys = Sight.seen(asking, held) - first;
        return PackedAttention.masked(
                q,
                in.keys().narrow(1, first, keys),
                in.values().narrow(1, first, keys),
                asking.hidden(held.between(first, first + keys), rule),
                attention.scale(),
                attention.cap());
    }

    private Sight.Rule rule(SelfAttention attention) {
        return new Sight.Rule(attention.window(), acrossWindows());
    }

    /**
     * Refuses edges that leave a token nothing to look at in a layer.
     *
     * @throws IllegalArgumentException with one sentence
     */
    void requireSight(int index) {
        Sight.Rule rule = rule(decoder.layers().get(index).attention());
        for (DecoderPass.Chunk chunk : chunks) {
            if (chunk.fresh() && chunk.sequence().edges(index) != null) {
                chunk.sequence().sight(index).requireSight(rule);
            }
        }
    }

    /** Whether tokens that see each other do so across windows. */
    boolean acrossWindows() {
        return decoder.options().variant().mutual().acrossWindows();
    }

    /** Frees the masks that layers shared. */
    @Override
    public void close() {
        parts.values().forEach(PassAttention::close);
        if (mask != null) {
            mask.close();
            mask = null;
        }
    }
}

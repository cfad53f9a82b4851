package dev.fovea.core.layer;

import dev.fovea.core.kernel.BlockAttention;
import dev.fovea.core.kernel.RowAttention;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.tensor.Work;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Attention over sequences that lie end to end. Sequences of equal length go through the fused kernel together, others
 * one after the other, as do those that are long enough for products in blocks. Softmax and sums are always f32; the
 * products are f32 too, except where the machine multiplies bf16 faster, see {@link AttentionPrecision}; in blocks scores
 * are rounded to bf16 as well.
 */
public final class PackedAttention {
    /** Capped scores that are made at once. */
    private static final long SCORES_AT_ONCE = 1L << 22;

    /** Entries of a mask that are made at once: of some queries at a time, so that its size does not grow with theirs. */
    public static final int MASK_AT_ONCE = 1 << 22;

    private PackedAttention() {}

    /**
     * Every sequence attends to itself.
     *
     * @param q {@code [heads, total tokens, d]}
     * @param k {@code [heads or kv-heads, total tokens, d]}
     * @param v as k
     * @param lengths tokens of each sequence; their sum is the total
     * @param causal whether a token sees only itself and those before it
     * @param keyBias per sequence {@code [length]} added to the scores towards each key, or null entries; or null
     * @return {@code [total tokens, heads * d]} in the type of {@code q}
     */
    public static Tensor self(
            Tensor q,
            Tensor k,
            Tensor v,
            int[] lengths,
            boolean causal,
            double scale,
            @Nullable Tensor @Nullable [] keyBias) {
        DType dtype = DType.of(q.scalar_type());
        if (keyBias == null && equal(lengths) && !inBlocks(q, k, v, lengths[0], causal)) {
            DType in = AttentionPrecision.of(dtype, lengths[0]);
            Tensor out = Tensors.attention(
                    batched(Tensors.to(q, in), lengths.length),
                    batched(Tensors.to(k, in), lengths.length),
                    batched(Tensors.to(v, in), lengths.length),
                    null,
                    causal,
                    scale);
            return Tensors.to(out.permute(0, 2, 1, 3).reshape(q.size(1), q.size(0) * q.size(2)), dtype);
        }
        Tensor[] parts = new Tensor[lengths.length];
        Tensor[] queries = Tensors.split(q, 1, lengths);
        Tensor[] keys = Tensors.split(k, 1, lengths);
        Tensor[] values = Tensors.split(v, 1, lengths);
        for (int s = 0; s < lengths.length; s++) {
            Tensor bias = keyBias == null ? null : keyBias[s];
            parts[s] = whole(queries[s], keys[s], values[s], bias, causal, scale);
        }
        return Tensors.cat(0, parts);
    }

    /** One sequence, as it would be in a pass with others. */
    private static Tensor whole(Tensor q, Tensor k, Tensor v, @Nullable Tensor bias, boolean causal, double scale) {
        if (bias != null || !inBlocks(q, k, v, q.size(1), causal)) {
            return fused(q, k, v, bias, causal, scale);
        }
        return causal ? BlockAttention.causal(q, k, v, scale) : BlockAttention.forward(q, k, v, scale);
    }

    /** @param length of a sequence, of which there may be several */
    private static boolean inBlocks(Tensor q, Tensor k, Tensor v, long length, boolean causal) {
        return causal
                ? AttentionPrecision.causalInBlocks(q, k, v, length, length)
                : AttentionPrecision.inBlocks(q, k, v, length, length);
    }

    /**
     * Every sequence attends to itself under a mask of its own. In f32.
     *
     * @param q {@code [heads, total tokens, d]}
     * @param k {@code [heads or kv-heads, total tokens, d]}
     * @param v as k
     * @param lengths tokens of each sequence; their sum is the total
     * @param masks added to the scores: for sequences of one length one {@code [sequences, 1, length, length]}, otherwise
     *     one {@code [1, 1, length, length]} for each
     * @return {@code [total tokens, heads * d]} in the type of {@code q}
     */
    public static Tensor masked(Tensor q, Tensor k, Tensor v, int[] lengths, List<Tensor> masks, double scale) {
        DType dtype = DType.of(q.scalar_type());
        Tensor wideQ = Tensors.to(q, DType.F32);
        Tensor wideK = Tensors.to(k, DType.F32);
        Tensor wideV = Tensors.to(v, DType.F32);
        if (masks.size() == 1) {
            Tensor out = Tensors.attention(
                    batched(wideQ, lengths.length),
                    batched(wideK, lengths.length),
                    batched(wideV, lengths.length),
                    masks.getFirst(),
                    false,
                    scale);
            return Tensors.to(out.permute(0, 2, 1, 3).reshape(q.size(1), q.size(0) * q.size(2)), dtype);
        }
        Tensor[] queries = Tensors.split(wideQ, 1, lengths);
        Tensor[] keys = Tensors.split(wideK, 1, lengths);
        Tensor[] values = Tensors.split(wideV, 1, lengths);
        Tensor[] parts = new Tensor[lengths.length];
        for (int s = 0; s < parts.length; s++) {
            parts[s] = one(queries[s], keys[s], values[s], masks.get(s), false, scale);
        }
        return Tensors.to(Tensors.cat(0, parts), dtype);
    }

    /**
     * The same written out, for masks that are learned: the fused kernel gives them no gradient. In f32.
     *
     * @param masks one {@code [length, length]} for each sequence
     */
    public static Tensor explicit(Tensor q, Tensor k, Tensor v, int[] lengths, List<Tensor> masks, double scale) {
        DType dtype = DType.of(q.scalar_type());
        long group = q.size(0) / k.size(0);
        Tensor[] queries = Tensors.split(Tensors.to(q, DType.F32), 1, lengths);
        Tensor[] keys = Tensors.split(
                Tensors.to(k, DType.F32).repeat_interleave(group, new LongOptional(0), new LongOptional()), 1, lengths);
        Tensor[] values = Tensors.split(
                Tensors.to(v, DType.F32).repeat_interleave(group, new LongOptional(0), new LongOptional()), 1, lengths);
        Tensor[] parts = new Tensor[lengths.length];
        for (int s = 0; s < parts.length; s++) {
            Tensor scores = Tensors.scale(queries[s].matmul(keys[s].transpose(1, 2)), scale)
                    .add(masks.get(s));
            Tensor out = Tensors.softmax(scores).matmul(values[s]);
            parts[s] = out.permute(1, 0, 2).reshape(lengths[s], out.size(0) * out.size(2));
        }
        return Tensors.to(Tensors.cat(0, parts), dtype);
    }

    /**
     * One sequence whose queries see every key, of which there may be more than queries.
     *
     * @param q {@code [heads, queries, d]}
     * @param k {@code [heads, keys, d]}
     * @param v as k
     * @param keyBias {@code [keys]} added to the scores, or null
     * @return {@code [queries, heads * d]}, in the type of {@code q}
     */
    public static Tensor cross(Tensor q, Tensor k, Tensor v, @Nullable Tensor keyBias, double scale) {
        if (keyBias == null && AttentionPrecision.inBlocks(q, k, v, q.size(1), k.size(1))) {
            return BlockAttention.forward(q, k, v, scale);
        }
        return fused(q, k, v, keyBias, false, scale);
    }

    /** One sequence by libtorch's kernel; as {@link #cross} where it is not causal. */
    static Tensor fused(Tensor q, Tensor k, Tensor v, @Nullable Tensor keyBias, boolean causal, double scale) {
        DType dtype = DType.of(q.scalar_type());
        DType in = keyBias == null ? AttentionPrecision.of(dtype, k.size(1)) : DType.F32;
        Tensor mask = keyBias == null ? null : keyBias.view(1, 1, 1, -1);
        return Tensors.to(one(Tensors.to(q, in), Tensors.to(k, in), Tensors.to(v, in), mask, causal, scale), dtype);
    }

    /**
     * One sequence whose queries may be fewer than its keys: the queries are its last tokens.
     *
     * @param q {@code [heads, queries, d]}
     * @param k {@code [heads or kv-heads, keys, d]}
     * @param v as k
     * @return {@code [queries, heads * d]}, in the type of {@code q}
     */
    public static Tensor last(Tensor q, Tensor k, Tensor v, double scale) {
        if (RowAttention.takes(q, k, v)) {
            return RowAttention.forward(q, k, v, scale);
        }
        long queries = q.size(1);
        long keys = k.size(1);
        if (AttentionPrecision.causalInBlocks(q, k, v, queries, keys)) {
            return BlockAttention.causal(q, k, v, scale);
        }
        DType dtype = DType.of(q.scalar_type());
        DType in = AttentionPrecision.of(dtype, queries);
        Tensor inQ = Tensors.to(q, in);
        Tensor inK = Tensors.to(k, in);
        Tensor inV = Tensors.to(v, in);
        if (queries == 1) {
            return Tensors.to(oneQuery(inQ, inK, inV, scale), dtype);
        }
        if (queries == keys) {
            return Tensors.to(one(inQ, inK, inV, null, true, scale), dtype);
        }
        return Tensors.to(lastRows(inQ, inK, inV, scale), dtype);
    }

    /** Some queries at a time; none of them sees what stands behind the last. */
    private static Tensor lastRows(Tensor q, Tensor k, Tensor v, double scale) {
        long queries = q.size(1);
        long keys = k.size(1);
        long pieces = Math.ceilDiv(queries, Math.max(1, MASK_AT_ONCE / keys));
        List<Tensor> parts = new ArrayList<>();
        for (long p = 0; p < pieces; p++) {
            try (Scope scope = Scope.inner()) {
                long from = queries * p / pieces;
                long n = queries * (p + 1) / pieces - from;
                long seen = keys - queries + from + n;
                parts.add(scope.keep(one(
                        q.narrow(1, from, n),
                        k.narrow(1, 0, seen),
                        v.narrow(1, 0, seen),
                        lastRowsMask(n, seen),
                        false,
                        scale)));
            }
        }
        return Tensors.cat(0, parts.toArray(Tensor[]::new));
    }

    /**
     * One sequence under a mask of its own, with scores as they are or capped.
     *
     * @param q {@code [heads, queries, d]}
     * @param k {@code [heads or kv-heads, keys, d]}
     * @param v as k
     * @param hidden {@code [queries, keys]}, true where a query does not look; null where every query sees every key
     * @param cap scores {@code s} become {@code cap * tanh(s / cap)}; 0 where they do not
     * @return {@code [queries, heads * d]}, in the type of {@code q}
     */
    public static Tensor masked(Tensor q, Tensor k, Tensor v, @Nullable Tensor hidden, double scale, double cap) {
        if (hidden == null && RowAttention.takes(q, k, v)) {
            return RowAttention.forward(q, k, v, scale, cap);
        }
        if (hidden == null && cap == 0 && AttentionPrecision.inBlocks(q, k, v, q.size(1), k.size(1))) {
            return BlockAttention.forward(q, k, v, scale);
        }
        DType dtype = DType.of(q.scalar_type());
        DType in = cap == 0 ? AttentionPrecision.of(dtype, q.size(1)) : DType.F32;
        Tensor inQ = Tensors.to(q, in);
        Tensor inK = Tensors.to(k, in);
        Tensor inV = Tensors.to(v, in);
        if (cap != 0) {
            return Tensors.to(capped(inQ, inK, inV, hidden, scale, cap), dtype);
        }
        return Tensors.to(
                hidden == null && q.size(1) == 1
                        ? oneQuery(inQ, inK, inV, scale)
                        : one(inQ, inK, inV, hidden == null ? null : hidden.logical_not(), false, scale),
                dtype);
    }

    /** Some queries at a time, so that their scores stay small; the fused kernel has no caps. */
    private static Tensor capped(Tensor q, Tensor k, Tensor v, @Nullable Tensor hidden, double scale, double cap) {
        long queries = q.size(1);
        long step = Math.max(1, SCORES_AT_ONCE / (q.size(0) * k.size(1)));
        List<Tensor> parts = new ArrayList<>();
        for (long from = 0; from < queries; from += step) {
            try (Scope scope = Scope.inner()) {
                long n = Math.min(step, queries - from);
                Tensor scores = CappedScores.of(q.narrow(1, from, n), k, scale, cap);
                Tensor seen = hidden == null ? scores : CappedScores.without(scores, hidden.narrow(0, from, n));
                Work.attention(q.narrow(1, from, n), k.size(1), 1);
                Tensor weights = Tensors.softmax(seen).view(k.size(0), -1, k.size(1));
                parts.add(scope.keep(weights.matmul(v)
                        .view(q.size(0), n, q.size(2))
                        .transpose(0, 1)
                        .reshape(n, q.size(0) * q.size(2))));
            }
        }
        return Tensors.cat(0, parts.toArray(Tensor[]::new));
    }

    /** With one query no mask is needed, and the query heads of a group can be the kernel's query rows: no copies. */
    private static Tensor oneQuery(Tensor q, Tensor k, Tensor v, double scale) {
        long groups = k.size(0);
        Tensor rows = q.reshape(1, groups, q.size(0) / groups, q.size(2));
        return Tensors.attention(rows, k.unsqueeze(0), v.unsqueeze(0), null, false, scale)
                .reshape(1, q.size(0) * q.size(2));
    }

    private static Tensor one(Tensor q, Tensor k, Tensor v, @Nullable Tensor mask, boolean causal, double scale) {
        return Tensors.attention(q.unsqueeze(0), k.unsqueeze(0), v.unsqueeze(0), mask, causal, scale)
                .squeeze(0)
                .transpose(0, 1)
                .reshape(q.size(1), q.size(0) * q.size(2));
    }

    /** True where query {@code i}, the {@code keys - queries + i}th token, may look. */
    private static Tensor lastRowsMask(long queries, long keys) {
        return torch.tril(Tensors.full(1, DType.BOOL, queries, keys), keys - queries);
    }

    private static Tensor batched(Tensor x, int batch) {
        return x.view(x.size(0), batch, -1, x.size(2)).transpose(0, 1);
    }

    private static boolean equal(int[] lengths) {
        for (int length : lengths) {
            if (length != lengths[0]) {
                return false;
            }
        }
        return true;
    }
}

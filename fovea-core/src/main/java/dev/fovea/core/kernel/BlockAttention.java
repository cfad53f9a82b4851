package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OperationThreads;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.tensor.Work;
import java.lang.ref.Reference;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Attention of many bf16 queries as two products of libtorch with a softmax between them, some queries at a time, so that
 * their scores stay in the caches. The query heads that share keys are multiplied by these at once. libtorch's fused
 * kernel multiplies in f32, at half the rate, where the processor has bf16 products but no matrix units. Scores are
 * rounded to bf16, as weights are; the softmax is f32.
 */
public final class BlockAttention {
    /** Queries of a head at a time, at most, where all see every key. */
    private static final long BLOCK_QUERIES = 512;

    /** Scores that are made at a time, unless a few queries have more. */
    private static final long BLOCK_SCORES = 1L << 19;

    private static final long FEWEST_QUERIES = 16;

    /** Causal queries of a head at a time: more would be multiplied by too many keys that they do not see. */
    private static final long CAUSAL_QUERIES = 256;

    /** Causal queries of all heads that share keys. */
    private static final long CAUSAL_ROWS = 512;

    /** Scores of causal queries that are made at a time: memory counts here, caches less than few rows would cost. */
    private static final long CAUSAL_SCORES = 1L << 22;

    private BlockAttention() {}

    /** Begins to compile the loops in the background, for a model that works in this type. */
    public static void prepare(DType dtype) {
        if (dtype == DType.BF16 && Kernels.vectors()) {
            Kernels.prepare(BFloat16Softmax.EXERCISE);
        }
    }

    /**
     * Whether {@link #forward} and {@link #causal} can compute this attention.
     *
     * @param q {@code [heads, queries, d]}
     * @param k {@code [kv-heads, keys, d]}
     * @param v as k
     */
    public static boolean takes(Tensor q, Tensor k, Tensor v) {
        return bf16(q)
                && bf16(k)
                && bf16(v)
                && !Gradients.recorded(q, k, v)
                && Kernels.vectors()
                && Kernels.ready(BFloat16Softmax.EXERCISE);
    }

    private static boolean bf16(Tensor x) {
        return x.is_cpu() && DType.of(x.scalar_type()) == DType.BF16;
    }

    /**
     * {@code softmax(q k^T * scale) v}; each group of query heads shares a key-value head.
     *
     * @param q {@code [heads, queries, d]}
     * @param k {@code [kv-heads, keys, d]}
     * @param v as k
     * @param scale above 0
     * @return {@code [queries, heads * d]}
     */
    public static Tensor forward(Tensor q, Tensor k, Tensor v, double scale) {
        long queries = q.size(1);
        long keys = k.size(1);
        long scores = keys * (q.size(0) / k.size(0));
        long blocks = Math.ceilDiv(queries, Math.clamp(BLOCK_SCORES / scores, FEWEST_QUERIES, BLOCK_QUERIES));
        return run(q, k, v, scale, blocks, b -> {
            long from = queries * b / blocks;
            return new Block(from, queries * (b + 1) / blocks - from, keys, 0);
        });
    }

    /**
     * The same where the queries are the last of the tokens whose keys these are, and see none behind themselves.
     *
     * <p>All blocks but the last are of one size, and that one is of half as many to half again. So most products of prompts
     * have one of few shapes, whatever their lengths, and libtorch need not prepare itself for new ones.
     *
     * @param q {@code [heads, queries, d]}
     * @param k {@code [kv-heads, keys, d]}, at least as many keys as queries
     * @param v as k
     * @param scale above 0
     * @return {@code [queries, heads * d]}
     */
    public static Tensor causal(Tensor q, Tensor k, Tensor v, double scale) {
        long queries = q.size(1);
        long keys = k.size(1);
        long rows = Math.min(CAUSAL_ROWS, CAUSAL_SCORES / keys) / (q.size(0) / k.size(0));
        long size = Math.clamp(Long.highestOneBit(rows), FEWEST_QUERIES, CAUSAL_QUERIES);
        long blocks = Math.max(1, (queries + size / 2) / size);
        return run(q, k, v, scale, blocks, b -> {
            long from = size * b;
            long to = b == blocks - 1 ? queries : from + size;
            return new Block(from, to - from, keys - queries + to, 1);
        });
    }

    /**
     * Queries that are taken at once.
     *
     * @param from the first
     * @param count how many
     * @param keys which the last of them sees
     * @param more keys that each sees beyond those of the one before
     */
    private record Block(long from, long count, long keys, int more) {
        Tensor of(Tensor heads) {
            return heads.narrow(1, from, count);
        }

        Tensor seen(Tensor heads, long head) {
            return heads.select(0, head).narrow(0, 0, keys);
        }
    }

    @FunctionalInterface
    private interface Blocks {
        Block at(long index);
    }

    private static Tensor run(Tensor q, Tensor k, Tensor v, double scale, long count, Blocks blocks) {
        long groups = k.size(0);
        long group = q.size(0) / groups;
        Work.attention(q, k.size(1), 2);
        Tensor out = Tensors.empty(DType.BF16, q.size(1), q.size(0) * q.size(2));
        Tensor heads = out.view(q.size(1), q.size(0), q.size(2)).transpose(0, 1);
        int threads = torch.get_num_threads();
        Workers.run(threads, Math.toIntExact(groups * count), i -> {
            // Causal blocks have the more work the later they are: what is longest comes first.
            Block block = blocks.at(count - 1 - i / groups);
            long g = i % groups;
            OperationThreads.alone(() -> {
                try (Scope scope = Scope.inference()) {
                    attend(
                            block.of(q.narrow(0, g * group, group)),
                            block.seen(k, g),
                            block.seen(v, g),
                            scale,
                            block.more,
                            block.of(heads.narrow(0, g * group, group)));
                }
            });
        });
        Reference.reachabilityFence(q);
        Reference.reachabilityFence(k);
        Reference.reachabilityFence(v);
        return out;
    }

    /**
     * Heads that share keys.
     *
     * @param q {@code [heads, queries, d]}
     * @param k {@code [keys, d]}
     * @param out as q
     */
    private static void attend(Tensor q, Tensor k, Tensor v, double scale, int more, Tensor out) {
        int heads = Math.toIntExact(q.size(0));
        int queries = Math.toIntExact(q.size(1));
        int keys = Math.toIntExact(k.size(0));
        int columns = Math.ceilDiv(keys, BFloat16Softmax.LANES) * BFloat16Softmax.LANES;
        Tensor room = Tensors.empty(DType.BF16, (long) heads * queries, columns);
        Tensor scores = room.narrow(1, 0, keys);
        torch.mm_out(scores, q.reshape((long) heads * queries, q.size(2)), k.t());
        BFloat16Softmax softmax = new BFloat16Softmax(columns, scale);
        for (int h = 0; h < heads; h++) {
            long rows = room.data_ptr().address() + 2L * h * queries * columns;
            softmax.rows(rows, queries, keys - more * (queries - 1), more);
        }
        if (heads == 1) {
            torch.mm_out(out.select(0, 0), scores, v);
        } else {
            out.copy_(scores.matmul(v).view(heads, queries, q.size(2)));
        }
        Reference.reachabilityFence(room);
    }
}

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
 * Attention of many bf16 queries that all see every key, as two products of libtorch with a softmax between them, head by
 * head and some queries at a time, so that their scores stay in the caches. libtorch's fused kernel multiplies in f32, at
 * half the rate, where the processor has bf16 products but no matrix units. Scores are rounded to bf16, as weights are;
 * the softmax is f32.
 */
public final class BlockAttention {
    /** Queries at a time, at most. */
    private static final long BLOCK_QUERIES = 512;

    /** Scores that are made at a time, unless a few queries have more. */
    private static final long BLOCK_SCORES = 1L << 19;

    private static final long FEWEST_QUERIES = 16;

    private BlockAttention() {}

    /**
     * Whether {@link #forward} can compute this attention.
     *
     * @param q {@code [heads, queries, d]}
     * @param k {@code [heads, keys, d]}
     * @param v as k
     */
    public static boolean takes(Tensor q, Tensor k, Tensor v) {
        return q.size(0) == k.size(0)
                && bf16(q)
                && bf16(k)
                && bf16(v)
                && !Gradients.recorded(q, k, v)
                && Kernels.vectors()
                && k.size(1) >= BFloat16Softmax.LANES
                && Kernels.ready(BFloat16Softmax.EXERCISE);
    }

    private static boolean bf16(Tensor x) {
        return x.is_cpu() && DType.of(x.scalar_type()) == DType.BF16;
    }

    /**
     * {@code softmax(q k^T * scale) v}.
     *
     * @param scale above 0
     * @return {@code [queries, heads * d]}
     */
    public static Tensor forward(Tensor q, Tensor k, Tensor v, double scale) {
        long heads = q.size(0);
        long queries = q.size(1);
        long keys = k.size(1);
        Work.attention(q, keys, 2);
        Tensor out = Tensors.empty(DType.BF16, queries, heads * q.size(2));
        long most = Math.clamp(BLOCK_SCORES / keys, FEWEST_QUERIES, BLOCK_QUERIES);
        long blocks = Math.ceilDiv(queries, most);
        int threads = torch.get_num_threads();
        Workers.run(threads, Math.toIntExact(heads * blocks), i -> {
            long head = i / blocks;
            long from = queries * (i % blocks) / blocks;
            long count = queries * (i % blocks + 1) / blocks - from;
            OperationThreads operations = new OperationThreads();
            operations.shareWith(threads);
            try (Scope scope = Scope.inference()) {
                block(
                        q.select(0, head).narrow(0, from, count),
                        k.select(0, head),
                        v.select(0, head),
                        scale,
                        out.narrow(0, from, count).narrow(1, head * q.size(2), q.size(2)));
            } finally {
                operations.shareWith(1);
            }
        });
        Reference.reachabilityFence(q);
        Reference.reachabilityFence(k);
        Reference.reachabilityFence(v);
        return out;
    }

    private static void block(Tensor q, Tensor k, Tensor v, double scale, Tensor out) {
        Tensor scores = Tensors.empty(DType.BF16, q.size(0), k.size(0));
        torch.mm_out(scores, q, k.t());
        new BFloat16Softmax(Math.toIntExact(k.size(0)), scale)
                .rows(scores.data_ptr().address(), Math.toIntExact(q.size(0)));
        torch.mm_out(out, scores, v);
        Reference.reachabilityFence(scores);
    }
}

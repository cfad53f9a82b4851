package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.tensor.Work;
import java.lang.ref.Reference;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Attention of one token over a cache, which reads every key and value once, where it lies. libtorch's fused kernel wants
 * several queries before it is quick in bf16, and before it an f32 copy of the whole cache for every token that is
 * produced. Scores, softmax and sums are f32.
 */
public final class RowAttention {
    /** Caches with fewer keys' elements stay with libtorch: they are read in less time than a thread needs to wake. */
    private static final long MIN_ELEMENTS = 1L << 18;

    private RowAttention() {}

    /**
     * Whether {@link #forward} should compute this attention rather than libtorch.
     *
     * @param q {@code [heads, queries, d]}
     * @param k {@code [kv-heads, keys, d]}
     * @param v as k
     */
    public static boolean takes(Tensor q, Tensor k, Tensor v) {
        if (q.size(1) != 1 || k.numel() < MIN_ELEMENTS || k.size(1) < RowKernel.MIN_ROWS || !k.is_cpu()) {
            return false;
        }
        DType dtype = DType.of(k.scalar_type());
        RowKernel kernel = Kernels.of(dtype);
        return kernel != null
                && DType.of(q.scalar_type()) == dtype
                && DType.of(v.scalar_type()) == dtype
                && rowsLieEndToEnd(k)
                && rowsLieEndToEnd(v)
                && !Gradients.recorded(q, k, v)
                && Kernels.multiplies(kernel)
                && Kernels.weighs(kernel);
    }

    /** Without a cap. */
    public static Tensor forward(Tensor q, Tensor k, Tensor v, double scale) {
        return forward(q, k, v, scale, 0);
    }

    /**
     * {@code softmax(q k^T * scale) v} of one query; each group of query heads shares a key-value head.
     *
     * @param q {@code [heads, 1, d]}
     * @param k {@code [kv-heads, keys, d]}
     * @param v as k
     * @param cap scores {@code s} become {@code cap * tanh(s / cap)} before the softmax; 0 where they do not
     * @return {@code [1, heads * d]} in the type of {@code q}
     */
    public static Tensor forward(Tensor q, Tensor k, Tensor v, double scale, double cap) {
        DType dtype = DType.of(q.scalar_type());
        RowKernel kernel = Kernels.of(dtype);
        if (kernel == null) {
            throw new IllegalArgumentException("No kernel for " + dtype);
        }
        Work.attention(q, k.size(1), 2);
        Tensor dense = q.contiguous();
        int heads = Math.toIntExact(q.size(0));
        int d = Math.toIntExact(q.size(2));
        int keys = Math.toIntExact(k.size(1));
        int group = heads / Math.toIntExact(k.size(0));
        long queries = dense.data_ptr().address();
        long headBytes = (long) d * dtype.bytes();
        float[] out = new float[heads * d];
        Workers.run(torch.get_num_threads(), Math.toIntExact(k.size(0)), kv -> {
            long keysAt = k.data_ptr().address() + kv * k.stride(0) * dtype.bytes();
            long valuesAt = v.data_ptr().address() + kv * v.stride(0) * dtype.bytes();
            float[] scores = new float[keys];
            float[] sums = new float[d];
            for (int head = kv * group; head < (kv + 1) * group; head++) {
                kernel.rows(keysAt, d, queries + head * headBytes, 1, scores, keys, 0, keys);
                if (cap == 0) {
                    softmax(scores, scale);
                } else {
                    cap(scores, scale, cap);
                    softmax(scores, 1);
                }
                kernel.weigh(valuesAt, d, scores, keys, sums);
                System.arraycopy(sums, 0, out, head * d, d);
            }
        });
        Tensor result = Tensors.empty(dtype, 1, out.length);
        FloatCopies.store(out, out.length, dtype, result.data_ptr().address());
        Reference.reachabilityFence(dense);
        Reference.reachabilityFence(k);
        Reference.reachabilityFence(v);
        return result;
    }

    /** In place. */
    static void cap(float[] scores, double scale, double cap) {
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (float) (cap * Math.tanh(scores[i] * scale / cap));
        }
    }

    /** In place. */
    private static void softmax(float[] scores, double scale) {
        float highest = Float.NEGATIVE_INFINITY;
        for (float score : scores) {
            highest = Math.max(highest, score);
        }
        double total = 0;
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (float) Math.exp((scores[i] - highest) * scale);
            total += scores[i];
        }
        float share = (float) (1 / total);
        for (int i = 0; i < scores.length; i++) {
            scores[i] *= share;
        }
    }

    private static boolean rowsLieEndToEnd(Tensor t) {
        return t.stride(2) == 1 && t.stride(1) == t.size(2);
    }
}

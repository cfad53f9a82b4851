package dev.fovea.core.layer;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.tensor.Work;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Attention scores as numbers to look at, which the fused kernel keeps to itself. In f32. */
public final class CappedScores {
    private CappedScores() {}

    /**
     * {@code q k^T * scale}, query heads of a group sharing their keys; under a cap {@code cap * tanh(score / cap)}
     * (Gemma 2, arXiv 2408.00118, section 2).
     *
     * @param q {@code [heads, queries, d]}
     * @param k {@code [heads or kv-heads, keys, d]}
     * @param cap 0 for none
     * @return {@code [heads, queries, keys]}
     */
    public static Tensor of(Tensor q, Tensor k, double scale, double cap) {
        long groups = k.size(0);
        long queries = q.size(1);
        Tensor rows = Tensors.to(q, DType.F32).reshape(groups, q.size(0) / groups * queries, q.size(2));
        Tensor keys = Tensors.to(k, DType.F32);
        Work.attention(q, k.size(1), 1);
        Tensor products = rows.matmul(keys.transpose(1, 2)).view(q.size(0), queries, k.size(1));
        return cap == 0
                ? Tensors.scale(products, scale)
                : Tensors.scale(Tensors.scale(products, scale / cap).tanh(), cap);
    }

    /**
     * Scores that no softmax counts where {@code hidden} is true.
     *
     * @param hidden {@code [queries, keys]}
     */
    public static Tensor without(Tensor scores, Tensor hidden) {
        try (Scalar minusInfinity = new Scalar(Double.NEGATIVE_INFINITY)) {
            return scores.masked_fill(hidden, minusInfinity);
        }
    }
}

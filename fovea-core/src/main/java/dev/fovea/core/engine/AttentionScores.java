package dev.fovea.core.engine;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.tensor.Work;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** The rows of attention that steps declared, beside the fused kernel. In f32. */
final class AttentionScores {
    private AttentionScores() {}

    /**
     * Attention probabilities of some queries.
     *
     * @param q {@code [heads, queries, d]}
     * @param k {@code [heads or kv-heads, keys, d]}
     * @param keyBias {@code [keys]} added to the scores, or null
     * @param firstKeys keys that the first query sees, the next one more, and so on; 0 means all see all
     * @return {@code [heads, queries, keys]}
     */
    static Tensor probabilities(Tensor q, Tensor k, double scale, @Nullable Tensor keyBias, int firstKeys) {
        Tensor scores = scores(q, k, scale);
        if (keyBias != null) {
            scores = scores.add(keyBias);
        }
        if (firstKeys > 0) {
            Tensor hidden = torch.triu(Tensors.full(1, DType.BOOL, q.size(1), k.size(1)), firstKeys);
            scores = masked(scores, hidden);
        }
        return Tensors.softmax(scores);
    }

    /** As above, with the keys that no query may see marked in {@code hidden [queries, keys]}. */
    static Tensor probabilities(Tensor q, Tensor k, double scale, Tensor hidden) {
        return Tensors.softmax(masked(scores(q, k, scale), hidden));
    }

    /** {@code q k^T * scale}: {@code [heads, queries, keys]}, query heads of a group sharing their keys. */
    static Tensor scores(Tensor q, Tensor k, double scale) {
        long groups = k.size(0);
        long queries = q.size(1);
        Tensor rows = Tensors.to(q, DType.F32).reshape(groups, q.size(0) / groups * queries, q.size(2));
        Tensor keys = Tensors.to(k, DType.F32);
        Work.attention(q, k.size(1), 1);
        return Tensors.scale(rows.matmul(keys.transpose(1, 2)), scale).view(q.size(0), queries, k.size(1));
    }

    /** Mean over dimensions. */
    static Tensor mean(Tensor t, long... dims) {
        return t.mean(dims, false, new ScalarTypeOptional());
    }

    private static Tensor masked(Tensor scores, Tensor hidden) {
        try (Scalar minusInfinity = new Scalar(Double.NEGATIVE_INFINITY)) {
            return scores.masked_fill(hidden, minusInfinity);
        }
    }
}

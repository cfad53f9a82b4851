package dev.fovea.core.engine;

import dev.fovea.core.layer.CappedScores;
import dev.fovea.core.model.language.SelfAttention;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
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
        Tensor scores = CappedScores.of(q, k, scale, 0);
        if (keyBias != null) {
            scores = scores.add(keyBias);
        }
        if (firstKeys > 0) {
            Tensor hidden = torch.triu(Tensors.full(1, DType.BOOL, q.size(1), k.size(1)), firstKeys);
            scores = CappedScores.without(scores, hidden);
        }
        return Tensors.softmax(scores);
    }

    /**
     * Attention probabilities in a layer of the language model. A query that sees none of the keys pays none of them
     * any.
     *
     * @param q {@code [heads, queries, d]}
     * @param k {@code [kv-heads, keys, d]}
     * @param hidden {@code [queries, keys]}, true where a query does not look; or null
     * @return {@code [heads, queries, keys]}
     */
    static Tensor probabilities(SelfAttention attention, Tensor q, Tensor k, @Nullable Tensor hidden) {
        Tensor scores = CappedScores.of(q, k, attention.scale(), attention.cap());
        if (hidden == null) {
            return Tensors.softmax(scores);
        }
        try (Scalar none = new Scalar(0.0)) {
            return Tensors.softmax(CappedScores.without(scores, hidden)).masked_fill(hidden, none);
        }
    }

    /** Mean over dimensions. */
    static Tensor mean(Tensor t, long... dims) {
        return t.mean(dims, false, new ScalarTypeOptional());
    }
}

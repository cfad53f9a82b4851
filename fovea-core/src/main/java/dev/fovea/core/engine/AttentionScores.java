package dev.fovea.core.engine;

import dev.fovea.core.layer.CappedScores;
import dev.fovea.core.model.language.SelfAttention;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
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

    /** Probabilities that are made at once. */
    private static final long AT_ONCE = 1L << 22;

    /** What is made of the probabilities of some queries. */
    @FunctionalInterface
    interface OfQueries {
        /** @param from the first of {@code count} queries */
        Tensor of(int from, int count);
    }

    /**
     * What is made of the probabilities of many queries, some at a time, so that memory grows with the keys alone.
     *
     * @param scores of one query: heads times keys
     */
    static List<Tensor> inPieces(int queries, long scores, OfQueries made) {
        long most = Math.max(1, AT_ONCE / Math.max(1, scores));
        int pieces = Math.toIntExact(Math.ceilDiv(queries, most));
        List<Tensor> out = new ArrayList<>();
        for (int p = 0; p < pieces; p++) {
            int from = (int) ((long) queries * p / pieces);
            int end = (int) ((long) queries * (p + 1) / pieces);
            try (Scope scope = Scope.inner()) {
                out.add(scope.keep(made.of(from, end - from)));
            }
        }
        return out;
    }

    /** The mean over queries, of the means over some of them each. */
    static Tensor meanOfPieces(int queries, long scores, OfQueries mean) {
        List<Tensor> parts = inPieces(queries, scores, (from, n) -> {
            Tensor own = mean.of(from, n);
            return n == queries ? own : Tensors.scale(own, (double) n / queries);
        });
        Tensor sum = parts.getFirst();
        for (Tensor part : parts.subList(1, parts.size())) {
            sum = sum.add(part);
        }
        return sum;
    }

    /** Mean over dimensions. */
    static Tensor mean(Tensor t, long... dims) {
        return t.mean(dims, false, new ScalarTypeOptional());
    }
}

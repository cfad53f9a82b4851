package dev.fovea.core.engine;

import dev.fovea.core.layer.CappedScores;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Attention of a single query whose scores towards some keys are changed before the softmax. */
final class Rescaling {
    private Rescaling() {}

    /**
     * Scores {@code s} towards key {@code j} become {@code s + factor[j] * |s|}, once per entry of {@code factors}.
     *
     * @param q {@code [heads, 1, d]}
     * @param k {@code [kv-heads, keys, d]}
     * @param v as k
     * @param cap of the scores, or 0
     * @param hidden {@code [1, keys]}, true where the query does not look; or null
     * @param factors over the first keys; later keys are left alone
     * @return {@code [1, heads * d]}, in the type of {@code q}
     */
    static Tensor attend(
            Tensor q, Tensor k, Tensor v, double scale, double cap, @Nullable Tensor hidden, List<float[]> factors) {
        long keys = k.size(1);
        Tensor scores = CappedScores.of(q, k, scale, cap);
        for (float[] perKey : factors) {
            float[] padded = Arrays.copyOf(perKey, (int) keys);
            scores = scores.add(scores.abs().mul(Tensors.of(padded, keys)));
        }
        if (hidden != null) {
            scores = CappedScores.without(scores, hidden);
        }
        long groups = k.size(0);
        Tensor probabilities = Tensors.softmax(scores).view(groups, q.size(0) / groups, keys);
        Tensor out = probabilities.matmul(Tensors.to(v, DType.F32)).reshape(1, q.size(0) * q.size(2));
        return Tensors.to(out, DType.of(q.scalar_type()));
    }
}

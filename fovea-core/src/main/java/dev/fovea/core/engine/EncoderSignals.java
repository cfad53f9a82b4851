package dev.fovea.core.engine;

import dev.fovea.core.model.clip.ClipBlock;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.path.Signal;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Measures the declared signals of one encoder layer for one image.
 *
 * @param q {@code [heads, tokens, d]}, class token first
 * @param k as q, with the keys of tokens that only attend behind the others
 * @param v as q
 * @param keyBias {@code [tokens]} of proportional attention, or null
 */
record EncoderSignals(
        ClipBlock block,
        Tensor q,
        Tensor k,
        Tensor v,
        @Nullable Tensor keyBias) {

    /** Puts the signal where later stations find it. */
    void measure(Signal<?> signal, Carried carried, int[] ids) {
        switch (signal) {
            case Signal.EncoderAttention s -> carried.put(s, attention(s), ids);
            case Signal.EncoderAttentionMap s -> carried.put(s, map(), ids);
            case Signal.EncoderProjection s -> carried.put(s, projection(s.projection()), ids);
            default -> throw new IllegalArgumentException(signal + " is not a signal of an encoder layer");
        }
    }

    private float[] attention(Signal.EncoderAttention s) {
        long tokens = q.size(1);
        // Row of the class token alone, or all rows averaged; then without the class token's column.
        Tensor rows = switch (s.queries()) {
            case CLS -> probabilities(q.narrow(1, 0, 1)).select(1, 0);
            case ALL -> AttentionScores.mean(probabilities(q), 1);
            case PATCHES -> AttentionScores.mean(probabilities(q.narrow(1, 1, tokens - 1)), 1);
        };
        Tensor patches = rows.narrow(1, 1, tokens - 1);
        return Tensors.floats(
                switch (s.heads()) {
                    case MEAN -> AttentionScores.mean(patches, 0);
                    case SUM -> patches.sum(new long[] {0}, false, new ScalarTypeOptional());
                });
    }

    private Matrix map() {
        return matrix(AttentionScores.mean(probabilities(q), 0).narrow(1, 0, q.size(1)));
    }

    private Matrix projection(Signal.Projection projection) {
        Tensor heads = switch (projection) {
            case QUERY -> q;
            case KEY -> k.narrow(1, 0, q.size(1));
            case VALUE -> v;
        };
        return matrix(heads.transpose(0, 1).reshape(heads.size(1), heads.size(0) * heads.size(2)));
    }

    private Tensor probabilities(Tensor queries) {
        return AttentionScores.probabilities(queries, k, block.scale(), keyBias, 0);
    }

    /** A two-dimensional tensor on the heap. */
    static Matrix matrix(Tensor t) {
        return new Matrix((int) t.size(0), (int) t.size(1), Tensors.floats(t));
    }
}

package dev.fovea.train.nn;

import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/** Attention over batches of equal length. */
final class Heads {
    private Heads() {}

    /**
     * Multi-head attention without rotary positions.
     *
     * @param q {@code [batch, tokens, width]}, likewise k and v
     * @param causal whether a token sees only itself and what is before it
     * @return {@code [batch, tokens, width]}
     */
    static Tensor attend(Tensor q, Tensor k, Tensor v, int heads, boolean causal) {
        double scale = 1 / Math.sqrt((double) q.size(2) / heads);
        return join(Tensors.attention(split(q, heads), split(k, heads), split(v, heads), null, causal, scale));
    }

    /** {@code [batch, heads, tokens, d]} in and out, under an additive mask {@code [batch, 1, tokens, tokens]}. */
    static Tensor attention(Tensor q, Tensor k, Tensor v, Tensor mask) {
        return Tensors.attention(q, k, v, mask, false, 1 / Math.sqrt(q.size(3)));
    }

    /** {@code [batch, tokens, heads * d] -> [batch, heads, tokens, d]}. */
    static Tensor split(Tensor x, int heads) {
        return x.view(x.size(0), x.size(1), heads, x.size(2) / heads).transpose(1, 2);
    }

    /** {@code [batch, heads, tokens, d] -> [batch, tokens, heads * d]}. */
    static Tensor join(Tensor x) {
        return x.transpose(1, 2).reshape(x.size(0), x.size(2), x.size(1) * x.size(3));
    }
}

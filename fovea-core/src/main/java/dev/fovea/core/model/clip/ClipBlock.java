package dev.fovea.core.model.clip;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.Mlp;
import dev.fovea.core.layer.PackedAttention;
import dev.fovea.core.model.Weights;
import org.bytedeco.pytorch.Tensor;

/**
 * One pre-norm transformer block of CLIP, in the pieces that the path looks between: {@code x + out(attention(norm(x)))},
 * then {@code x + mlp(norm(x))}.
 *
 * @param heads attention heads
 */
public record ClipBlock(
        LayerNorm attentionNorm,
        Linear query,
        Linear key,
        Linear value,
        Linear out,
        LayerNorm mlpNorm,
        Mlp mlp,
        int heads) {

    static ClipBlock load(Weights w, int width, int mlpWidth, int heads, Activation activation, double eps) {
        return new ClipBlock(
                w.layerNorm("layer_norm1", width, eps),
                w.linear("self_attn.q_proj", width, width, true),
                w.linear("self_attn.k_proj", width, width, true),
                w.linear("self_attn.v_proj", width, width, true),
                w.linear("self_attn.out_proj", width, width, true),
                w.layerNorm("layer_norm2", width, eps),
                new Mlp(
                        w.linear("mlp.fc1", mlpWidth, width, true),
                        activation,
                        w.linear("mlp.fc2", width, mlpWidth, true)),
                heads);
    }

    /** Scale of the attention scores: one over the root of the head width. */
    public double scale() {
        return 1 / Math.sqrt((double) query.outputs() / heads);
    }

    /** {@code [tokens, width]} to {@code [heads, tokens, head dim]}, a view. */
    public Tensor split(Tensor projected) {
        return projected.view(projected.size(0), heads, -1).transpose(0, 1);
    }

    /**
     * The whole block over sequences that lie end to end.
     *
     * @param x {@code [total tokens, width]}
     * @param lengths tokens of each sequence
     * @param causal whether a token sees only itself and those before it
     */
    public Tensor forward(Tensor x, int[] lengths, boolean causal) {
        Tensor normed = attentionNorm.forward(x);
        Tensor attended = PackedAttention.self(
                split(query.forward(normed)),
                split(key.forward(normed)),
                split(value.forward(normed)),
                lengths,
                causal,
                scale(),
                null);
        return mlpResidual(x.add(out.forward(attended)));
    }

    /** The second half of the block: {@code [tokens, width] -> [tokens, width]}. */
    public Tensor mlpResidual(Tensor x) {
        return x.add(mlp.forward(mlpNorm.forward(x)));
    }
}

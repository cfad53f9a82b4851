package dev.fovea.core.model.language;

import dev.fovea.core.layer.FeedForward;
import dev.fovea.core.layer.GatedMlp;
import dev.fovea.core.layer.Norm;
import dev.fovea.core.model.Weights;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * One decoder layer in the pieces that the path looks between: {@code x + mixer(norm(x))}, then {@code x + mlp(norm(x))}.
 *
 * @param mixerOutNorm over what the mixer adds, or null
 * @param mlpOutNorm over what the MLP adds, or null
 */
public record DecoderLayer(
        Norm mixerNorm,
        Mixer mixer,
        @Nullable Norm mixerOutNorm,
        Norm mlpNorm,
        FeedForward mlp,
        @Nullable Norm mlpOutNorm) {

    static DecoderLayer load(DecoderOptions o, int index, Weights w) {
        boolean sandwich = o.variant().sandwich();
        return new DecoderLayer(
                norm(o, w, "input_layernorm"),
                SelfAttention.load(o, index, w.under("self_attn.")),
                sandwich ? norm(o, w, "post_attention_layernorm") : null,
                norm(o, w, sandwich ? "pre_feedforward_layernorm" : "post_attention_layernorm"),
                new GatedMlp(
                        w.linear("mlp.gate_proj", o.mlpWidth(), o.width(), o.mlpBias()),
                        w.linear("mlp.up_proj", o.mlpWidth(), o.width(), o.mlpBias()),
                        w.linear("mlp.down_proj", o.width(), o.mlpWidth(), o.mlpBias()),
                        o.activation()),
                sandwich ? norm(o, w, "post_feedforward_layernorm") : null);
    }

    private static Norm norm(DecoderOptions o, Weights w, String name) {
        return w.norm(o.variant().norm(), name, o.width(), o.eps());
    }

    /** The mixer, where it is attention. */
    public SelfAttention attention() {
        return switch (mixer) {
            case SelfAttention attention -> attention;
        };
    }

    /**
     * The first half of the layer behind its attention.
     *
     * @param x what entered the layer, {@code [tokens, width]}
     * @param attended what the heads gathered, {@code [tokens, heads * head dim]}
     * @param beside what is added to what the map behind the heads makes of it
     */
    public Tensor attentionResidual(Tensor x, Tensor attended, Beside beside) {
        Tensor out = beside.onto(Beside.Place.OUT, attention().out().forward(attended), attended);
        return x.add(normed(mixerOutNorm, out));
    }

    /**
     * The second half of the layer: {@code [tokens, width] -> [tokens, width]}.
     *
     * @param beside what is added to what the MLP makes of the normed states
     */
    public Tensor mlpResidual(Tensor x, Beside beside) {
        return x.add(mlpBranch(x, beside));
    }

    /** What the second half of the layer adds to the states that enter it: {@code [tokens, width]}. */
    public Tensor mlpBranch(Tensor x, Beside beside) {
        Tensor normed = mlpNorm.forward(x);
        return normed(mlpOutNorm, beside.onto(Beside.Place.MLP, mlp.forward(normed), normed));
    }

    private static Tensor normed(@Nullable Norm norm, Tensor branch) {
        return norm == null ? branch : norm.forward(branch);
    }
}

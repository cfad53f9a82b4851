package dev.fovea.core.model.language;

import dev.fovea.core.layer.FeedForward;
import dev.fovea.core.layer.GatedMlp;
import dev.fovea.core.layer.Norm;
import dev.fovea.core.model.Weights;
import org.bytedeco.pytorch.Tensor;

/**
 * One decoder layer in the pieces that the path looks between: {@code x + mixer(norm(x))}, then {@code x + mlp(norm(x))}.
 */
public record DecoderLayer(Norm mixerNorm, Mixer mixer, Norm mlpNorm, FeedForward mlp) {

    static DecoderLayer load(DecoderOptions o, Weights w) {
        return new DecoderLayer(
                w.rmsNorm("input_layernorm", o.width(), o.eps()),
                SelfAttention.load(o, w.under("self_attn.")),
                w.rmsNorm("post_attention_layernorm", o.width(), o.eps()),
                new GatedMlp(
                        w.linear("mlp.gate_proj", o.mlpWidth(), o.width(), o.mlpBias()),
                        w.linear("mlp.up_proj", o.mlpWidth(), o.width(), o.mlpBias()),
                        w.linear("mlp.down_proj", o.width(), o.mlpWidth(), o.mlpBias()),
                        o.activation()));
    }

    /** The mixer, where it is attention. */
    public SelfAttention attention() {
        return switch (mixer) {
            case SelfAttention attention -> attention;
        };
    }

    /** The second half of the layer: {@code [tokens, width] -> [tokens, width]}. */
    public Tensor mlpResidual(Tensor x) {
        return x.add(mlp.forward(mlpNorm.forward(x)));
    }
}

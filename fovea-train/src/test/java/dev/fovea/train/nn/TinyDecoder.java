package dev.fovea.train.nn;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.model.language.DecoderOptions;
import java.util.List;

/** A language model of a few thousand parameters. */
public final class TinyDecoder {
    private TinyDecoder() {}

    public static DecoderOptions options(int vocabulary, int width, int layers, int heads, int kvHeads, int mlp) {
        RotaryEmbedding rotary = RotaryEmbedding.plain(width / heads, 10_000);
        return new DecoderOptions(
                width,
                mlp,
                layers,
                heads,
                kvHeads,
                width / heads,
                vocabulary,
                2048,
                Activation.SILU,
                1e-5,
                false,
                false,
                false,
                false,
                true,
                rotary);
    }

    public static void declare(Parameters p, String prefix, DecoderOptions o) {
        double std = 1 / Math.sqrt(o.width());
        long keys = (long) o.kvHeads() * o.headDim();
        p.table(prefix + "embed_tokens.weight", 0.5 * std, o.vocabulary(), o.width());
        for (int i = 0; i < o.layers(); i++) {
            String layer = prefix + "layers." + i + ".";
            p.vector(layer + "input_layernorm.weight", 1, o.width());
            p.matrix(layer + "self_attn.q_proj.weight", o.width(), o.width(), std);
            p.matrix(layer + "self_attn.k_proj.weight", keys, o.width(), std);
            p.matrix(layer + "self_attn.v_proj.weight", keys, o.width(), std);
            p.matrix(layer + "self_attn.o_proj.weight", o.width(), o.width(), std);
            p.vector(layer + "post_attention_layernorm.weight", 1, o.width());
            p.matrix(layer + "mlp.gate_proj.weight", o.mlpWidth(), o.width(), std);
            p.matrix(layer + "mlp.up_proj.weight", o.mlpWidth(), o.width(), std);
            p.matrix(layer + "mlp.down_proj.weight", o.width(), o.mlpWidth(), std);
        }
        p.vector(prefix + "norm.weight", 1, o.width());
    }

    public static Decoder of(Parameters p, String prefix, DecoderOptions o, Precision precision) {
        MovingWeights w = MovingWeights.of(p, precision, List.of());
        return Decoder.load(o, w.under(prefix), w);
    }
}

package dev.fovea.train.recipe;

import dev.fovea.train.nn.Parameters;
import java.util.List;

/**
 * How the parts of the default model start: names, shapes and first values of their parameters, with the names of Hugging
 * Face's LLaVA and CLIP. Branches that are added to a residual stream start smaller the deeper the tower is.
 */
final class PeekParameters {
    /** Places start half as strong as what a patch shows. */
    private static final double WAVES = 0.5;

    private PeekParameters() {}

    /** The encoder, under {@link Names#VISION}. */
    static void vision(Parameters p, PeekSize.Vision c) {
        String prefix = Names.VISION;
        double std = 1 / Math.sqrt(c.width());
        p.table(prefix + "embeddings.class_embedding", std, c.width());
        p.table(
                prefix + "embeddings.patch_embedding.weight",
                1 / Math.sqrt(c.patchValues()),
                c.width(),
                3,
                c.patch(),
                c.patch());
        p.grid(prefix + "embeddings.position_embedding.weight", WAVES, c.grid(), c.width());
        norm(p, prefix + "pre_layrnorm", c.width());
        for (int i = 0; i < c.layers(); i++) {
            clipLayer(p, prefix + "encoder.layers." + i + ".", c.width(), c.mlp(), c.layers());
        }
        norm(p, prefix + "post_layernorm", c.width());
    }

    /** CLIP's text tower, under {@link Names#TEXT}. */
    static void text(Parameters p, PeekSize.Text c) {
        String prefix = Names.TEXT;
        double std = 1 / Math.sqrt(c.width());
        p.table(prefix + "embeddings.token_embedding.weight", std, c.vocabulary(), c.width());
        p.table(prefix + "embeddings.position_embedding.weight", 0.3 * std, c.length(), c.width());
        for (int i = 0; i < c.layers(); i++) {
            clipLayer(p, prefix + "encoder.layers." + i + ".", c.width(), c.mlp(), c.layers());
        }
        norm(p, prefix + "final_layer_norm", c.width());
    }

    /** Two linear layers from the encoder's width to the language model's, under {@link Names#CONNECTOR}. */
    static void connector(Parameters p, int from, int to) {
        linear(p, Names.CONNECTOR + "linear_1", to, from, 1 / Math.sqrt(from));
        linear(p, Names.CONNECTOR + "linear_2", to, to, 1 / Math.sqrt(to));
    }

    /** The language model, under {@link Names#DECODER}. */
    static void decoder(Parameters p, PeekSize.Language c) {
        String prefix = Names.DECODER;
        double std = 1 / Math.sqrt(c.width());
        double residual = 1 / Math.sqrt(2.0 * c.layers());
        long keys = (long) c.kvHeads() * c.headDim();
        p.table(prefix + "embed_tokens.weight", 0.5 * std, c.vocabulary(), c.width());
        for (int i = 0; i < c.layers(); i++) {
            String b = prefix + "layers." + i + ".";
            p.vector(b + "input_layernorm.weight", 1, c.width());
            p.matrix(b + "self_attn.q_proj.weight", c.width(), c.width(), std);
            p.matrix(b + "self_attn.k_proj.weight", keys, c.width(), std);
            p.matrix(b + "self_attn.v_proj.weight", keys, c.width(), std);
            p.matrix(b + "self_attn.o_proj.weight", c.width(), c.width(), std * residual);
            p.vector(b + "post_attention_layernorm.weight", 1, c.width());
            p.matrix(b + "mlp.gate_proj.weight", c.mlp(), c.width(), std);
            p.matrix(b + "mlp.up_proj.weight", c.mlp(), c.width(), std);
            p.matrix(b + "mlp.down_proj.weight", c.width(), c.mlp(), residual / Math.sqrt(c.mlp()));
        }
        p.vector(prefix + "norm.weight", 1, c.width());
    }

    private static void clipLayer(Parameters p, String prefix, int width, int mlp, int layers) {
        double std = 1 / Math.sqrt(width);
        double residual = 1 / Math.sqrt(2.0 * layers);
        norm(p, prefix + "layer_norm1", width);
        for (String name : List.of("q_proj", "k_proj", "v_proj")) {
            linear(p, prefix + "self_attn." + name, width, width, std);
        }
        linear(p, prefix + "self_attn.out_proj", width, width, std * residual);
        norm(p, prefix + "layer_norm2", width);
        linear(p, prefix + "mlp.fc1", mlp, width, std);
        linear(p, prefix + "mlp.fc2", width, mlp, residual / Math.sqrt(mlp));
    }

    private static void norm(Parameters p, String name, long width) {
        p.vector(name + ".weight", 1, width);
        p.vector(name + ".bias", 0, width);
    }

    private static void linear(Parameters p, String name, long out, long in, double std) {
        p.matrix(name + ".weight", out, in, std);
        p.vector(name + ".bias", 0, out);
    }
}

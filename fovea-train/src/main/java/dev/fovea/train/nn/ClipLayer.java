package dev.fovea.train.nn;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.Mlp;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** One pre-norm block of CLIP's two towers in trainable form, with the names of Hugging Face's CLIP. */
record ClipLayer(LayerNorm norm1, Linear q, Linear k, Linear v, Linear out, LayerNorm norm2, Mlp mlp, int heads) {

    /** Declares the block's parameters; {@code layers} is the depth of the tower, which scales the residual branches. */
    static void declare(Parameters p, String prefix, int width, int mlp, int layers) {
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

    static ClipLayer of(Parameters p, String prefix, int heads) {
        return new ClipLayer(
                layerNorm(p, prefix + "layer_norm1"),
                linear(p, prefix + "self_attn.q_proj"),
                linear(p, prefix + "self_attn.k_proj"),
                linear(p, prefix + "self_attn.v_proj"),
                linear(p, prefix + "self_attn.out_proj"),
                layerNorm(p, prefix + "layer_norm2"),
                new Mlp(linear(p, prefix + "mlp.fc1"), Activation.GELU, linear(p, prefix + "mlp.fc2")),
                heads);
    }

    /** {@code [batch, tokens, width]} in and out. */
    Tensor forward(Tensor x, Precision precision, boolean causal) {
        Tensor h = precision.to(norm1.forward(x));
        Tensor mixed = Heads.attend(
                Precision.wide(precision.forward(q, h)),
                Precision.wide(precision.forward(k, h)),
                Precision.wide(precision.forward(v, h)),
                heads,
                causal);
        x = x.add(precision.forward(out, mixed));
        Tensor inner = mlp.activation().forward(precision.forward(mlp.first(), norm2.forward(x)));
        return x.add(precision.forward(mlp.second(), inner));
    }

    static void norm(Parameters p, String name, long width) {
        p.vector(name + ".weight", 1, width);
        p.vector(name + ".bias", 0, width);
    }

    static void linear(Parameters p, String name, long out, long in, double std) {
        p.matrix(name + ".weight", out, in, std);
        p.vector(name + ".bias", 0, out);
    }

    static LayerNorm layerNorm(Parameters p, String name) {
        return new LayerNorm(p.get(name + ".weight"), p.get(name + ".bias"), 1e-5);
    }

    static Linear linear(Parameters p, String name) {
        return new Linear(p.get(name + ".weight"), p.get(name + ".bias"));
    }
}

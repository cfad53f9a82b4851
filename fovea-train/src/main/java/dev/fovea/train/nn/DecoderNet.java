package dev.fovea.train.nn;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.GatedMlp;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.RmsNorm;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A Llama decoder in trainable form: batches of equal length under an explicit mask; tied output head. */
public final class DecoderNet {

    /**
     * Sizes.
     *
     * @param vocabulary tokens
     * @param width channels
     * @param layers blocks
     * @param heads query heads
     * @param kvHeads key/value heads
     * @param mlp inner width
     * @param theta base of the rotary frequencies
     */
    public record Config(int vocabulary, int width, int layers, int heads, int kvHeads, int mlp, double theta) {
        public int headDim() {
            return width / heads;
        }
    }

    private record Block(RmsNorm norm1, Linear q, Linear k, Linear v, Linear out, RmsNorm norm2, GatedMlp mlp) {
        Tensor forward(Tensor x, RotaryEmbedding.Table table, Tensor mask, Config c, Precision precision) {
            Tensor h = precision.to(rms(norm1, x));
            Tensor queries = rotate(Heads.split(Precision.wide(precision.forward(q, h)), c.heads()), table);
            Tensor keys = rotate(Heads.split(Precision.wide(precision.forward(k, h)), c.kvHeads()), table);
            Tensor values = Heads.split(Precision.wide(precision.forward(v, h)), c.kvHeads());
            Tensor mixed = Heads.join(Heads.attention(queries, keys, values, mask));
            x = x.add(precision.forward(out, mixed));
            Tensor h2 = precision.to(rms(norm2, x));
            Tensor gate = mlp.activation().forward(precision.forward(mlp.gate(), h2));
            return x.add(precision.forward(mlp.down(), gate.mul(precision.forward(mlp.up(), h2))));
        }
    }

    private final Config config;
    private final Precision precision;
    private final Tensor embedding;
    private final RmsNorm norm;
    private final RotaryEmbedding rotary;
    private final List<Block> blocks = new ArrayList<>();

    /** Declares the parameters under {@code prefix}, with the names of Hugging Face's Llama. */
    public static void declare(Parameters p, String prefix, Config c) {
        double std = 1 / Math.sqrt(c.width());
        double residual = 1 / Math.sqrt(2.0 * c.layers());
        p.table(prefix + "embed_tokens.weight", 0.5 * std, c.vocabulary(), c.width());
        for (int i = 0; i < c.layers(); i++) {
            String b = prefix + "layers." + i + ".";
            p.vector(b + "input_layernorm.weight", 1, c.width());
            p.matrix(b + "self_attn.q_proj.weight", c.width(), c.width(), std);
            p.matrix(b + "self_attn.k_proj.weight", (long) c.kvHeads() * c.headDim(), c.width(), std);
            p.matrix(b + "self_attn.v_proj.weight", (long) c.kvHeads() * c.headDim(), c.width(), std);
            p.matrix(b + "self_attn.o_proj.weight", c.width(), c.width(), std * residual);
            p.vector(b + "post_attention_layernorm.weight", 1, c.width());
            p.matrix(b + "mlp.gate_proj.weight", c.mlp(), c.width(), std);
            p.matrix(b + "mlp.up_proj.weight", c.mlp(), c.width(), std);
            p.matrix(b + "mlp.down_proj.weight", c.width(), c.mlp(), residual / Math.sqrt(c.mlp()));
        }
        p.vector(prefix + "norm.weight", 1, c.width());
    }

    /** The net over parameters that {@link #declare} declared. */
    public DecoderNet(Parameters p, String prefix, Config c, Precision precision) {
        this.config = c;
        this.precision = precision;
        this.embedding = p.get(prefix + "embed_tokens.weight");
        this.norm = new RmsNorm(p.get(prefix + "norm.weight"), 1e-5);
        this.rotary = RotaryEmbedding.plain(c.headDim(), c.theta());
        for (int i = 0; i < c.layers(); i++) {
            String b = prefix + "layers." + i + ".";
            blocks.add(new Block(
                    new RmsNorm(p.get(b + "input_layernorm.weight"), 1e-5),
                    linear(p, b + "self_attn.q_proj"),
                    linear(p, b + "self_attn.k_proj"),
                    linear(p, b + "self_attn.v_proj"),
                    linear(p, b + "self_attn.o_proj"),
                    new RmsNorm(p.get(b + "post_attention_layernorm.weight"), 1e-5),
                    new GatedMlp(
                            linear(p, b + "mlp.gate_proj"),
                            linear(p, b + "mlp.up_proj"),
                            linear(p, b + "mlp.down_proj"),
                            Activation.SILU)));
        }
    }

    private static Linear linear(Parameters p, String name) {
        return new Linear(p.get(name + ".weight"), null);
    }

    /** Its sizes. */
    public Config config() {
        return config;
    }

    /** Embeddings of token ids: {@code [...] -> [..., width]}. */
    public Tensor embed(Tensor ids) {
        return torch.embedding(embedding, ids);
    }

    /**
     * Hidden states after the final norm.
     *
     * @param x {@code [batch, tokens, width]}
     * @param positions {@code batch * tokens} position ids
     * @param mask additive f32 {@code [batch, 1, tokens, tokens]}
     */
    public Tensor forward(Tensor x, int[] positions, Tensor mask) {
        RotaryEmbedding.Table flat = rotary.table(positions);
        long[] shape = {x.size(0), 1, x.size(1), config.headDim()};
        RotaryEmbedding.Table table = signed(
                new RotaryEmbedding.Table(flat.cos().view(shape), flat.sin().view(shape)));
        for (Block block : blocks) {
            x = block.forward(x, table, mask, config, precision);
        }
        return rms(norm, x);
    }

    /**
     * Root-mean-square norm as a layer norm of {@code [x, -x]}, whose mean is 0 and whose variance is the mean square:
     * the same values through a kernel whose backward pass is several times faster than the composed one.
     */
    static Tensor rms(RmsNorm norm, Tensor x) {
        long width = x.size(-1);
        Tensor both = Tensors.cat(-1, x, x.neg());
        Tensor weight = Tensors.cat(0, norm.weight(), norm.weight());
        Tensor out = torch.layer_norm(
                both, new long[] {2 * width}, Tensors.optional(weight), Tensors.optional(null), norm.eps(), false);
        return out.narrow(-1, 0, width);
    }

    /** The same table with the first half of the sines negated. */
    static RotaryEmbedding.Table signed(RotaryEmbedding.Table table) {
        long half = table.sin().size(-1) / 2;
        Tensor first = table.sin().narrow(-1, 0, half).neg();
        return new RotaryEmbedding.Table(
                table.cos(), Tensors.cat(-1, first, table.sin().narrow(-1, half, half)));
    }

    /** {@link RotaryEmbedding#rotate} with the sign of the first half already in the table: fewer passes over memory. */
    static Tensor rotate(Tensor x, RotaryEmbedding.Table table) {
        long half = x.size(-1) / 2;
        Tensor swapped = Tensors.cat(-1, x.narrow(-1, half, half), x.narrow(-1, 0, half));
        return torch.addcmul(x.mul(table.cos()), swapped, table.sin());
    }

    /** Logits of hidden states: {@code [..., width] -> [..., vocabulary]}. */
    public Tensor logits(Tensor hidden) {
        return Precision.wide(precision.forward(new Linear(embedding, null), hidden));
    }
}

package dev.fovea.train.nn;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.Mlp;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** CLIP's vision transformer in trainable form: whole pictures with a CLS token, or windows of patches without one. */
public final class VisionNet {

    /**
     * Sizes.
     *
     * @param image side of the picture in pixels
     * @param patch side of a patch
     * @param width channels
     * @param layers blocks
     * @param heads attention heads
     * @param mlp inner width
     */
    public record Config(int image, int patch, int width, int layers, int heads, int mlp) {
        public int grid() {
            return image / patch;
        }

        public int patches() {
            return grid() * grid();
        }

        public int patchValues() {
            return 3 * patch * patch;
        }
    }

    private record Block(
            LayerNorm norm1, Linear q, Linear k, Linear v, Linear out, LayerNorm norm2, Mlp mlp, int heads) {
        Tensor forward(Tensor x) {
            Tensor h = norm1.forward(x);
            x = x.add(out.forward(Heads.attend(q.forward(h), k.forward(h), v.forward(h), heads, null)));
            return x.add(mlp.forward(norm2.forward(x)));
        }
    }

    private final Config config;
    private final Tensor patchWeight;
    private final Tensor classEmbedding;
    private final Tensor positions;
    private final LayerNorm preNorm;
    private final LayerNorm postNorm;
    private final List<Block> blocks = new ArrayList<>();

    /** Declares the parameters under {@code prefix}, with the names of Hugging Face's CLIP vision model. */
    public static void declare(Parameters p, String prefix, Config c) {
        double std = 1 / Math.sqrt(c.width());
        p.table(prefix + "embeddings.class_embedding", std, c.width());
        p.table(prefix + "embeddings.patch_embedding.weight", 1 / Math.sqrt(c.patchValues()),
                c.width(), 3, c.patch(), c.patch());
        p.table(prefix + "embeddings.position_embedding.weight", 0.3 * std, c.patches() + 1L, c.width());
        norm(p, prefix + "pre_layrnorm", c.width());
        for (int i = 0; i < c.layers(); i++) {
            String b = prefix + "encoder.layers." + i + ".";
            norm(p, b + "layer_norm1", c.width());
            for (String name : List.of("q_proj", "k_proj", "v_proj")) {
                linear(p, b + "self_attn." + name, c.width(), c.width(), std);
            }
            linear(p, b + "self_attn.out_proj", c.width(), c.width(), std / Math.sqrt(2.0 * c.layers()));
            norm(p, b + "layer_norm2", c.width());
            linear(p, b + "mlp.fc1", c.mlp(), c.width(), std);
            linear(p, b + "mlp.fc2", c.width(), c.mlp(), 1 / Math.sqrt(c.mlp()) / Math.sqrt(2.0 * c.layers()));
        }
        norm(p, prefix + "post_layernorm", c.width());
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

    public VisionNet(Parameters p, String prefix, Config c) {
        this.config = c;
        this.patchWeight = p.get(prefix + "embeddings.patch_embedding.weight");
        this.classEmbedding = p.get(prefix + "embeddings.class_embedding");
        this.positions = p.get(prefix + "embeddings.position_embedding.weight");
        this.preNorm = layerNorm(p, prefix + "pre_layrnorm");
        this.postNorm = layerNorm(p, prefix + "post_layernorm");
        for (int i = 0; i < c.layers(); i++) {
            String b = prefix + "encoder.layers." + i + ".";
            blocks.add(new Block(
                    layerNorm(p, b + "layer_norm1"),
                    linear(p, b + "self_attn.q_proj"),
                    linear(p, b + "self_attn.k_proj"),
                    linear(p, b + "self_attn.v_proj"),
                    linear(p, b + "self_attn.out_proj"),
                    layerNorm(p, b + "layer_norm2"),
                    new Mlp(linear(p, b + "mlp.fc1"), Activation.GELU, linear(p, b + "mlp.fc2")),
                    c.heads()));
        }
    }

    public Config config() {
        return config;
    }

    /**
     * A window of patches of each picture, without CLS.
     *
     * @param patches {@code [batch, tokens, 3 * patch * patch]}
     * @param positionIds {@code [batch * tokens]}: raster index of each patch in the whole picture
     * @param layers blocks to run
     * @return {@code [batch, tokens, width]}
     */
    public Tensor windows(Tensor patches, Tensor positionIds, int layers) {
        Tensor x = embed(patches);
        Tensor pos = torch.embedding(positions, torch.add(positionIds, new org.bytedeco.pytorch.Scalar(1L)));
        return run(preNorm.forward(x.add(pos.view(x.size(0), x.size(1), x.size(2)))), layers);
    }

    /**
     * Whole pictures, CLS first.
     *
     * @param patches {@code [batch, all patches, 3 * patch * patch]}
     * @return {@code [batch, 1 + patches, width]} after {@code layers} blocks
     */
    public Tensor pictures(Tensor patches, int layers) {
        Tensor x = embed(patches);
        Tensor cls = classEmbedding.view(1, 1, config.width()).expand(x.size(0), 1, config.width());
        return run(preNorm.forward(Tensors.cat(1, cls, x).add(positions)), layers);
    }

    /** Runs the last block on what {@link #pictures} gave for all blocks but the last. */
    public Tensor lastBlock(Tensor x) {
        return blocks.getLast().forward(x);
    }

    /** The normed CLS state, {@code [batch, width]}, of the last block's output. */
    public Tensor pooled(Tensor last) {
        return postNorm.forward(last.select(1, 0));
    }

    private Tensor embed(Tensor patches) {
        return torch.linear(patches, patchWeight.view(config.width(), config.patchValues()));
    }

    private Tensor run(Tensor x, int layers) {
        for (Block block : blocks.subList(0, layers)) {
            x = block.forward(x);
        }
        return x;
    }
}

package dev.fovea.train.nn;

import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
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

    /** Places start half as strong as what a patch shows. */
    private static final double WAVES = 0.5;

    private final Config config;
    private final Precision precision;
    private final Tensor patchWeight;
    private final Tensor classEmbedding;
    private final Tensor positions;
    private final LayerNorm preNorm;
    private final LayerNorm postNorm;
    private final List<ClipLayer> layers = new ArrayList<>();

    /** Declares the parameters under {@code prefix}, with the names of Hugging Face's CLIP vision model. */
    public static void declare(Parameters p, String prefix, Config c) {
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
        ClipLayer.norm(p, prefix + "pre_layrnorm", c.width());
        for (int i = 0; i < c.layers(); i++) {
            ClipLayer.declare(p, prefix + "encoder.layers." + i + ".", c.width(), c.mlp(), c.layers());
        }
        ClipLayer.norm(p, prefix + "post_layernorm", c.width());
    }

    /** The net over parameters that {@link #declare} declared. */
    public VisionNet(Parameters p, String prefix, Config c, Precision precision) {
        this.config = c;
        this.precision = precision;
        this.patchWeight = p.get(prefix + "embeddings.patch_embedding.weight");
        this.classEmbedding = p.get(prefix + "embeddings.class_embedding");
        this.positions = p.get(prefix + "embeddings.position_embedding.weight");
        this.preNorm = ClipLayer.layerNorm(p, prefix + "pre_layrnorm");
        this.postNorm = ClipLayer.layerNorm(p, prefix + "post_layernorm");
        for (int i = 0; i < c.layers(); i++) {
            layers.add(ClipLayer.of(p, prefix + "encoder.layers." + i + ".", c.heads()));
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
     * @param depth blocks to run
     * @return {@code [batch, tokens, width]}
     */
    public Tensor windows(Tensor patches, Tensor positionIds, int depth) {
        return run(preNorm.forward(embed(patches, positionIds)), depth);
    }

    /**
     * Pictures, or some patches of them, CLS first.
     *
     * @param patches {@code [batch, tokens, 3 * patch * patch]}
     * @param positionIds {@code [batch * tokens]}: raster index of each patch
     * @return {@code [batch, 1 + tokens, width]} after {@code depth} blocks
     */
    public Tensor pictures(Tensor patches, Tensor positionIds, int depth) {
        Tensor x = embed(patches, positionIds);
        Tensor cls = classEmbedding.add(positions.select(0, 0)).view(1, 1, config.width());
        return run(preNorm.forward(Tensors.cat(1, cls.expand(x.size(0), 1, config.width()), x)), depth);
    }

    /** Runs the last block on what {@link #pictures} gave for all blocks but the last. */
    public Tensor lastBlock(Tensor x) {
        return layers.getLast().forward(x, precision, false);
    }

    /** The normed CLS state, {@code [batch, width]}, of the last block's output. */
    public Tensor pooled(Tensor last) {
        return postNorm.forward(last.select(1, 0));
    }

    private Tensor embed(Tensor patches, Tensor positionIds) {
        Linear flat = new Linear(patchWeight.view(config.width(), config.patchValues()), null);
        Tensor x = Precision.wide(precision.forward(flat, patches));
        Tensor place = torch.embedding(positions, torch.add(positionIds, new Scalar(1L)));
        return x.add(place.view(x.size(0), x.size(1), x.size(2)));
    }

    private Tensor run(Tensor x, int depth) {
        for (ClipLayer layer : layers.subList(0, depth)) {
            x = layer.forward(x, precision, false);
        }
        return x;
    }
}

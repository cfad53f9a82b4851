package dev.fovea.train.nn;

import dev.fovea.core.layer.LayerNorm;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** CLIP's text transformer in trainable form: causal, read at the end token. */
public final class TextNet {

    /**
     * Sizes.
     *
     * @param vocabulary tokens
     * @param length longest text, begin and end tokens included
     * @param width channels
     * @param layers blocks
     * @param heads attention heads
     * @param mlp inner width
     */
    public record Config(int vocabulary, int length, int width, int layers, int heads, int mlp) {}

    private final Config config;
    private final Precision precision;
    private final Tensor tokens;
    private final Tensor positions;
    private final LayerNorm norm;
    private final List<ClipLayer> layers = new ArrayList<>();

    /** Declares the parameters under {@code prefix}, with the names of Hugging Face's CLIP text model. */
    public static void declare(Parameters p, String prefix, Config c) {
        double std = 1 / Math.sqrt(c.width());
        p.table(prefix + "embeddings.token_embedding.weight", std, c.vocabulary(), c.width());
        p.table(prefix + "embeddings.position_embedding.weight", 0.3 * std, c.length(), c.width());
        for (int i = 0; i < c.layers(); i++) {
            ClipLayer.declare(p, prefix + "encoder.layers." + i + ".", c.width(), c.mlp(), c.layers());
        }
        ClipLayer.norm(p, prefix + "final_layer_norm", c.width());
    }

    /** The net over parameters that {@link #declare} declared. */
    public TextNet(Parameters p, String prefix, Config c, Precision precision) {
        this.config = c;
        this.precision = precision;
        tokens = p.get(prefix + "embeddings.token_embedding.weight");
        positions = p.get(prefix + "embeddings.position_embedding.weight");
        norm = ClipLayer.layerNorm(p, prefix + "final_layer_norm");
        for (int i = 0; i < c.layers(); i++) {
            layers.add(ClipLayer.of(p, prefix + "encoder.layers." + i + ".", c.heads()));
        }
    }

    public Config config() {
        return config;
    }

    /**
     * The states at the end tokens.
     *
     * @param ids {@code [batch, length]}
     * @param ends {@code [batch]}: flat index {@code row * length + position} of each end token
     * @return {@code [batch, width]}
     */
    public Tensor pooled(Tensor ids, Tensor ends) {
        Tensor x = torch.embedding(tokens, ids).add(positions.narrow(0, 0, ids.size(1)));
        for (ClipLayer layer : layers) {
            x = layer.forward(x, precision, true);
        }
        return norm.forward(x).reshape(-1, config.width()).index_select(0, ends);
    }
}

package dev.fovea.core.model.family;

import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.contrastive.ContrastiveModel;
import dev.fovea.core.model.contrastive.PoolingHead;
import dev.fovea.core.model.contrastive.TextOptions;
import dev.fovea.core.model.contrastive.TextTransformer;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.model.vision.VisionOptions.Block;
import dev.fovea.core.model.vision.VisionOptions.Patches;
import dev.fovea.core.model.vision.VisionOptions.Positions;
import dev.fovea.core.model.vision.VisionOptions.PostNorm;
import dev.fovea.core.model.vision.VisionTransformer;
import dev.fovea.core.model.vision.Windows;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import java.util.ArrayList;
import java.util.List;

/**
 * SigLIP (Zhai et al., arXiv 2303.15343) and SigLIP 2 (Tschannen et al., arXiv 2502.14786): two towers that meet in a
 * shared space, where each text is judged by itself. SigLIP 2 also takes pictures of any aspect ratio.
 */
public final class Siglip {
    /** The {@code model_type} of SigLIP 2 for pictures of any aspect ratio; at one size it is stored as SigLIP. */
    public static final String ANY_ASPECT = "siglip2";

    private static final List<Rename> RENAMES = List.of(
            Rename.of("^(vision|text)_model\\.", "$1."),
            Rename.of("\\.encoder\\.layers\\.", ".layers."),
            Rename.of("^text\\.head\\.", "text_projection."),
            Rename.of("^vision\\.head\\.attention\\.in_proj_", "vision.head.attention.in_proj."));

    private static final Rename FLAT = Rename.of(
            "^vision\\.embeddings\\.patch_embedding\\.weight$", "vision.embeddings.flat_patch_embedding.weight");

    private Siglip() {}

    /** Loads a checkpoint in Hugging Face's {@code SiglipModel} or {@code Siglip2Model} layout, or the text side of one. */
    public static ContrastiveModel load(ModelConfig config, Checkpoint checkpoint, DType dtype) {
        boolean anyAspect = config.text("model_type", "siglip").equals(ANY_ASPECT);
        List<Rename> renames = new ArrayList<>(RENAMES);
        if (anyAspect) {
            renames.add(FLAT);
        }
        Weights w = MappedWeights.of(checkpoint, dtype, renames);
        VisionOptions vision =
                anyAspect ? anyAspect(config.child("vision_config")) : vision(config.child("vision_config"));
        ModelConfig t = config.child("text_config");
        TextOptions text = TextOptions.siglip(t);
        int projection = t.count("projection_size", text.width());
        if (projection != vision.width()) {
            throw t.wrong("projection_size", "the image tower's hidden_size " + vision.width(), projection);
        }
        boolean hasVision = w.contains("vision.embeddings.position_embedding.weight");
        return new ContrastiveModel(
                hasVision ? VisionTransformer.load(vision, w.under("vision.")) : null,
                TextTransformer.load(text, w.under("text.")),
                PoolingHead.load(vision, w.under("vision.head.")),
                w.linear("text_projection", projection, text.width(), true),
                new ContrastiveModel.Scores(
                        (float) Math.exp(Tensors.floats(w.stored("logit_scale", 1))[0]),
                        Tensors.floats(w.stored("logit_bias", 1))[0],
                        true));
    }

    private static VisionOptions anyAspect(ModelConfig v) {
        int patches = v.count("num_patches", 256);
        int side = (int) Math.sqrt(patches);
        if (side * side != patches) {
            throw v.wrong("num_patches", "a square number", patches);
        }
        int patchSize = v.count("patch_size", 16);
        return vision(v, Sizes.USUAL, patchSize, side * patchSize, Positions.RESIZED, PostNorm.FEATURES);
    }

    /** Reads a {@code vision_config}; missing keys take the defaults of Hugging Face's {@code SiglipVisionConfig}. */
    static VisionOptions vision(ModelConfig v) {
        int imageSize = v.count("image_size", 224);
        int patchSize = v.count("patch_size", 16);
        if (imageSize < patchSize) {
            throw v.wrong("image_size", "at least patch_size " + patchSize, imageSize);
        }
        return vision(v, Sizes.USUAL, patchSize, imageSize, Positions.INTERPOLATED, PostNorm.FEATURES);
    }

    /** What a {@code vision_config} means where it is silent; families that hold SigLIP's encoder each have their own. */
    record Sizes(int width, int mlpWidth, int layers, int heads) {
        /** Those of Hugging Face's {@code SiglipVisionConfig}. */
        static final Sizes USUAL = new Sizes(768, 3072, 12, 12);
    }

    /** Reads what the encoder of SigLIP is like, in whatever family it stands. */
    static VisionOptions vision(
            ModelConfig v, Sizes usual, int patchSize, int imageSize, Positions positions, PostNorm postNorm) {
        int width = v.count("hidden_size", usual.width);
        int heads = v.count("num_attention_heads", usual.heads);
        if (width % heads != 0) {
            throw v.wrong("num_attention_heads", "a divisor of hidden_size " + width, heads);
        }
        return new VisionOptions(
                width,
                v.count("intermediate_size", usual.mlpWidth),
                v.count("num_hidden_layers", usual.layers),
                heads,
                new Patches(patchSize, v.count("num_channels", 3), 1, true, imageSize),
                false,
                0,
                positions,
                Block.plain(v.activation("hidden_act", "gelu_pytorch_tanh"), v.positive("layer_norm_eps", 1e-6)),
                Windows.none(),
                false,
                postNorm);
    }
}

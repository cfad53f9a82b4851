package dev.fovea.core.model.family;

import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.Weights;
import dev.fovea.core.model.contrastive.ClassTokenHead;
import dev.fovea.core.model.contrastive.ContrastiveModel;
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
import java.util.List;

/** CLIP (Radford et al., arXiv 2103.00020): a vision transformer and a text transformer that meet in a shared space. */
public final class Clip {
    private static final List<Rename> RENAMES = List.of(
            Rename.of("^(vision|text)_model\\.", "$1."),
            Rename.of("\\.encoder\\.layers\\.", ".layers."),
            // The name is misspelt in every published checkpoint.
            Rename.of("pre_layrnorm", "pre_layernorm"));

    private Clip() {}

    /** Loads a checkpoint in Hugging Face's {@code CLIPModel} layout, or the text side of one. */
    public static ContrastiveModel load(ModelConfig config, Checkpoint checkpoint, DType dtype) {
        Weights w = MappedWeights.of(checkpoint, dtype, RENAMES);
        VisionOptions vision = vision(config.child("vision_config"));
        TextOptions text = TextOptions.of(config.child("text_config"));
        int projection = config.count("projection_dim", 512);
        boolean hasVision = w.contains("vision.embeddings.class_embedding");
        double logScale = w.contains("logit_scale")
                ? Tensors.floats(w.stored("logit_scale"))[0]
                : config.number("logit_scale_init_value", 2.6592);
        VisionTransformer tower = hasVision ? VisionTransformer.load(vision, w.under("vision.")) : null;
        return new ContrastiveModel(
                tower,
                TextTransformer.load(text, w.under("text.")),
                new ClassTokenHead(
                        tower == null ? null : tower.postNorm(),
                        w.linear("visual_projection", projection, vision.width(), false)),
                w.linear("text_projection", projection, text.width(), false),
                new ContrastiveModel.Scores((float) Math.exp(logScale), 0, false));
    }

    /** Reads a {@code vision_config}; missing keys take the defaults of Hugging Face's {@code CLIPVisionConfig}. */
    static VisionOptions vision(ModelConfig config) {
        int width = config.count("hidden_size", 768);
        int heads = config.count("num_attention_heads", 12);
        int imageSize = config.count("image_size", 224);
        int patchSize = config.count("patch_size", 32);
        if (width % heads != 0) {
            throw config.wrong("num_attention_heads", "a divisor of hidden_size " + width, heads);
        }
        if (imageSize < patchSize) {
            throw config.wrong("image_size", "at least patch_size " + patchSize, imageSize);
        }
        return new VisionOptions(
                width,
                config.count("intermediate_size", 3072),
                config.count("num_hidden_layers", 12),
                heads,
                new Patches(patchSize, config.count("num_channels", 3), 1, false, imageSize),
                true,
                0,
                Positions.INTERPOLATED,
                Block.plain(config.activation("hidden_act", "quick_gelu"), config.positive("layer_norm_eps", 1e-5)),
                Windows.none(),
                true,
                PostNorm.CLASS_TOKEN);
    }
}

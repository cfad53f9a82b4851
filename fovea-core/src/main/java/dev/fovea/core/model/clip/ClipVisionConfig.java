package dev.fovea.core.model.clip;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.model.ModelConfig;

/**
 * Sizes of a CLIP vision transformer; missing keys take the defaults of Hugging Face's {@code CLIPVisionConfig}.
 *
 * @param width channels
 * @param mlpWidth inner channels of the MLP
 * @param layers transformer blocks
 * @param heads attention heads
 * @param imageSize side of the pictures it was trained on, in pixels
 * @param patchSize side of a patch, in pixels
 * @param channels colour channels
 * @param activation of the MLP
 * @param eps of the layer norms
 */
public record ClipVisionConfig(
        int width,
        int mlpWidth,
        int layers,
        int heads,
        int imageSize,
        int patchSize,
        int channels,
        Activation activation,
        double eps) {

    /** Reads a {@code vision_config}. */
    public static ClipVisionConfig of(ModelConfig config) {
        ClipVisionConfig c = new ClipVisionConfig(
                config.count("hidden_size", 768),
                config.count("intermediate_size", 3072),
                config.count("num_hidden_layers", 12),
                config.count("num_attention_heads", 12),
                config.count("image_size", 224),
                config.count("patch_size", 32),
                config.count("num_channels", 3),
                Activation.of(config.text("hidden_act", "quick_gelu")),
                config.positive("layer_norm_eps", 1e-5));
        if (c.width % c.heads != 0) {
            throw config.wrong("num_attention_heads", "a divisor of hidden_size " + c.width, c.heads);
        }
        if (c.imageSize < c.patchSize) {
            throw config.wrong("image_size", "at least patch_size " + c.patchSize, c.imageSize);
        }
        return c;
    }

    /** Patches along one side of a picture of the trained size. */
    public int gridSide() {
        return imageSize / patchSize;
    }

    /** Channels of one head. */
    public int headDim() {
        return width / heads;
    }
}

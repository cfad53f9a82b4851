package dev.fovea.core.model.family;

import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.connector.ConnectorOptions;
import dev.fovea.core.model.family.Description.Placeholder;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.PositionIds;
import dev.fovea.core.model.vision.VisionOptions;
import java.util.List;

/** What Qwen's vision-language models have in common: names, placeholders, and where the language model's keys stand. */
final class QwenVl {
    /** Of all norms of the encoders and mergers. */
    static final double EPS = 1e-6;

    private static final double VISION_THETA = 10_000;

    private static final List<Rename> RENAMES = List.of(
            Rename.of("^(model\\.)?visual\\.", "visual."),
            Rename.of("^visual\\.deepstack_merger_list\\.", "connector.deep."),
            Rename.of("^visual\\.merger\\.", "connector."),
            Rename.of("^(connector\\.(?:deep\\.\\d+\\.)?)(?:ln_q|norm)\\.", "$1patch_norm."),
            Rename.of("^(connector\\.(?:deep\\.\\d+\\.)?)(?:mlp\\.0|linear_fc1)\\.", "$1linear_1."),
            Rename.of("^(connector\\.(?:deep\\.\\d+\\.)?)(?:mlp\\.2|linear_fc2)\\.", "$1linear_2."),
            Rename.of("^visual\\.patch_embed\\.proj\\.", "vision.embeddings.patch_embedding."),
            Rename.of("^visual\\.pos_embed\\.", "vision.embeddings.position_embedding."),
            Rename.of("^visual\\.blocks\\.", "vision.layers."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)norm([12])\\.", "$1layer_norm$2."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)attn\\.qkv\\.", "$1self_attn.qkv."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)attn\\.proj\\.", "$1self_attn.out_proj."),
            Rename.of("^(vision\\.layers\\.\\d+\\.mlp\\.)linear_fc([12])\\.", "$1fc$2."),
            Rename.of(
                    "^(language_model\\.model|model\\.language_model|model)\\.(?=layers|embed_tokens|norm)", "text."));

    private QwenVl() {}

    /** The language model; checkpoints of the first generations keep its keys at the top. */
    static DecoderOptions text(DecoderConfig.Kind kind, ModelConfig config) {
        ModelConfig t = config.has("text_config") ? config.child("text_config") : config;
        return DecoderConfig.read(kind, t, config.flag("tie_word_embeddings", false));
    }

    /** How a patch becomes a row of the encoder. */
    static VisionOptions.Patches patches(ModelConfig v, int size, boolean bias, int imageSize) {
        return new VisionOptions.Patches(
                size, v.count("in_channels", 3), v.count("temporal_patch_size", 2), bias, imageSize);
    }

    /** Heads of the encoder, whose rotary positions have four parts each. */
    static int heads(ModelConfig v, int width) {
        int heads = v.count("num_heads", 16);
        if (width % (4 * heads) != 0) {
            throw v.wrong("num_heads", "such that a width of " + width + " divides into heads of four parts", heads);
        }
        double theta = v.child("rope_parameters").number("rope_theta", VISION_THETA);
        if (theta != VISION_THETA) {
            throw v.child("rope_parameters").wrong("rope_theta", String.valueOf(VISION_THETA), theta);
        }
        return heads;
    }

    /** What the merger gives must be as wide as the language model. */
    static int merged(ModelConfig v, String key, int fallback, DecoderOptions text) {
        int merged = v.count(key, fallback);
        if (merged != text.width()) {
            throw v.wrong(key, "the language model's hidden_size " + text.width(), merged);
        }
        return merged;
    }

    static Description description(
            String type,
            ModelConfig config,
            VisionOptions vision,
            List<Integer> featureLayers,
            ConnectorOptions connector,
            DecoderOptions text,
            PositionIds positions,
            PromptLayout layout) {
        return new Description(
                type,
                vision,
                featureLayers,
                false,
                connector,
                text,
                positions,
                List.of(
                        new Placeholder(config.integer("image_token_id", 151655), "<|image_pad|>"),
                        new Placeholder(config.integer("video_token_id", 151656), "<|video_pad|>")),
                layout,
                RENAMES,
                false,
                true);
    }
}

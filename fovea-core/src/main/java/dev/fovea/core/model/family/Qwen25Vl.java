package dev.fovea.core.model.family;

import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.QwenPictureProcessor;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.NormKind;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.connector.ConnectorOptions;
import dev.fovea.core.model.family.Description.Placeholder;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.GridPositions;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.model.vision.VisionOptions.Block;
import dev.fovea.core.model.vision.VisionOptions.Patches;
import dev.fovea.core.model.vision.VisionOptions.Positions;
import dev.fovea.core.model.vision.VisionOptions.PostNorm;
import dev.fovea.core.model.vision.Windows;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Qwen2.5-VL (arXiv 2502.13923): pictures of any size, an encoder that attends in windows, a merger of 2 x 2 patches and
 * a Qwen2 decoder whose positions have time, row and column.
 */
public final class Qwen25Vl implements Family {
    private static final double EPS = 1e-6;
    private static final double VISION_THETA = 10_000;

    private static final List<Rename> RENAMES = List.of(
            Rename.of("^(model\\.)?visual\\.merger\\.ln_q\\.", "connector.patch_norm."),
            Rename.of("^(model\\.)?visual\\.merger\\.mlp\\.0\\.", "connector.linear_1."),
            Rename.of("^(model\\.)?visual\\.merger\\.mlp\\.2\\.", "connector.linear_2."),
            Rename.of("^(model\\.)?visual\\.patch_embed\\.proj\\.", "vision.embeddings.patch_embedding."),
            Rename.of("^(model\\.)?visual\\.blocks\\.", "vision.layers."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)norm([12])\\.", "$1layer_norm$2."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)attn\\.qkv\\.", "$1self_attn.qkv."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)attn\\.proj\\.", "$1self_attn.out_proj."),
            Rename.of(
                    "^(language_model\\.model|model\\.language_model|model)\\.(?=layers|embed_tokens|norm)", "text."));

    @Override
    public Set<String> modelTypes() {
        return Set.of("qwen2_5_vl");
    }

    @Override
    public Description describe(ModelConfig config) {
        ModelConfig v = config.child("vision_config");
        // Checkpoints as published keep the language model's keys at the top.
        ModelConfig t = config.has("text_config") ? config.child("text_config") : config;
        boolean tied = config.flag("tie_word_embeddings", false);
        DecoderOptions text = DecoderConfig.read(DecoderConfig.Kind.QWEN2, t, tied);
        VisionOptions vision = vision(v);
        int merged = v.count("out_hidden_size", 3584);
        if (merged != text.width()) {
            throw v.wrong("out_hidden_size", "the language model's hidden_size " + text.width(), merged);
        }
        return new Description(
                "qwen2_5_vl",
                vision,
                List.of(vision.layers()),
                false,
                ConnectorOptions.merger(v.count("spatial_merge_size", 2), vision.width(), merged, NormKind.RMS, EPS),
                text,
                new GridPositions(v.number("tokens_per_second", 4)),
                List.of(
                        new Placeholder(config.integer("image_token_id", 151655), "<|image_pad|>"),
                        new Placeholder(config.integer("video_token_id", 151656), "<|video_pad|>")),
                PromptLayout.bare(),
                RENAMES,
                false,
                true);
    }

    private static VisionOptions vision(ModelConfig v) {
        int width = v.count("hidden_size", 3584);
        int heads = v.count("num_heads", 16);
        if (width % (4 * heads) != 0) {
            throw v.wrong("num_heads", "such that hidden_size " + width + " divides into heads of four parts", heads);
        }
        double theta = v.child("rope_parameters").number("rope_theta", VISION_THETA);
        if (theta != VISION_THETA) {
            throw v.child("rope_parameters").wrong("rope_theta", String.valueOf(VISION_THETA), theta);
        }
        int[] global = v.integers("fullatt_block_indexes", 7, 15, 23, 31);
        return new VisionOptions(
                width,
                v.count("intermediate_size", 3420),
                v.count("depth", 32),
                heads,
                new Patches(
                        v.count("patch_size", 14),
                        v.count("in_channels", 3),
                        v.count("temporal_patch_size", 2),
                        false,
                        0),
                false,
                0,
                Positions.ROTARY,
                Block.gated(v.activation("hidden_act", "silu"), EPS),
                new Windows(
                        v.count("window_size", 112),
                        Arrays.stream(global).boxed().collect(Collectors.toSet())),
                false,
                PostNorm.NONE);
    }

    @Override
    public PictureProcessor pictures(Path folder, Description description) {
        return QwenPictureProcessor.read(folder);
    }
}

package dev.fovea.core.model.family;

import dev.fovea.core.image.GridPictureProcessor;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.NormKind;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.connector.ConnectorOptions;
import dev.fovea.core.model.family.Description.Placeholder;
import dev.fovea.core.model.gguf.GgufPictures;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.SequentialPositions;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.model.vision.VisionOptions.Block;
import dev.fovea.core.model.vision.VisionOptions.Patches;
import dev.fovea.core.model.vision.VisionOptions.Positions;
import dev.fovea.core.model.vision.VisionOptions.PostNorm;
import dev.fovea.core.model.vision.VisionOptions.QueryKeyNorm;
import dev.fovea.core.model.vision.Windows;
import dev.fovea.core.path.Part;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * InternVL3 (arXiv 2504.10479) as {@code transformers} has it, in checkpoints whose names end in {@code -hf}: InternViT over
 * tiles and an overview or over frames, pixel shuffle, an MLP and a decoder of any kind.
 */
public final class InternVl implements Family {
    /** PyTorch's own, which the connector's norm keeps. */
    private static final double CONNECTOR_EPS = 1e-5;

    private static final List<Rename> RENAMES = List.of(
            Rename.of("^(model\\.)?vision_tower\\.(encoder\\.)?", "vision."),
            Rename.of("^vision\\.layer\\.", "vision.layers."),
            Rename.of("^vision\\.layernorm\\.", "vision.post_layernorm."),
            Rename.of("^vision\\.embeddings\\.cls_token$", "vision.embeddings.class_embedding"),
            Rename.of("^vision\\.embeddings\\.position_embeddings$", "vision.embeddings.position_embedding.weight"),
            Rename.of("^vision\\.embeddings\\.patch_embeddings\\.projection\\.", "vision.embeddings.patch_embedding."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)lambda_([12])$", "$1layer_scale$2"),
            Rename.of("^(vision\\.layers\\.\\d+\\.)layernorm_before\\.", "$1layer_norm1."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)layernorm_after\\.", "$1layer_norm2."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)attention\\.projection_layer\\.", "$1self_attn.out_proj."),
            Rename.of("^(vision\\.layers\\.\\d+\\.)attention\\.", "$1self_attn."),
            Rename.of("^(model\\.)?multi_modal_projector\\.layer_norm\\.", "connector.patch_norm."),
            Rename.of("^(model\\.)?multi_modal_projector\\.", "connector."),
            Rename.of("^(model\\.)?(language_model\\.)?lm_head\\.", "lm_head."),
            Rename.of("^(model\\.)?language_model\\.(model\\.)?", "text."));

    @Override
    public Set<String> modelTypes() {
        return Set.of("internvl");
    }

    @Override
    public Description describe(ModelConfig config) {
        ModelConfig t = config.child("text_config");
        config.require("vision_feature_select_strategy", "default");
        boolean tied = config.flag("tie_word_embeddings", true);
        DecoderOptions text = DecoderConfig.read(DecoderConfig.Kind.of(t), t, tied);
        int layer = config.integer("vision_feature_layer", -1);
        VisionOptions vision = vision(config.child("vision_config"), layer == -1);
        int from0 = layer < 0 ? vision.layers() + 1 + layer : layer;
        if (from0 < 0 || from0 > vision.layers()) {
            throw config.wrong("vision_feature_layer", "a layer of this encoder", layer);
        }
        int side = side(config, vision.patches().gridSide());
        return new Description(
                "internvl",
                vision,
                List.of(from0),
                false,
                ConnectorOptions.mlp(
                                vision.width(), text.width(), config.activation("projector_hidden_act", "gelu"), true)
                        .ofTokens(side, NormKind.LAYER, CONNECTOR_EPS),
                text,
                new SequentialPositions(),
                List.of(
                        new Placeholder(config.integer("image_token_id", 151_667), "<IMG_CONTEXT>"),
                        new Placeholder(config.integer("image_token_id", 151_667), "<video>")),
                InternVl::expand,
                RENAMES,
                true,
                true);
    }

    private static int side(ModelConfig config, int patches) {
        String key = "downsample_ratio";
        int side = (int) (1 / config.positive(key, 0.5));
        if (side < 1 || patches % side != 0) {
            throw config.wrong(
                    key, "one over a divisor of the " + patches + " patches of a tile's side", config.number(key, 0.5));
        }
        return side;
    }

    private static VisionOptions vision(ModelConfig v, boolean last) {
        int width = v.count("hidden_size", 1024);
        int heads = v.count("num_attention_heads", 16);
        if (width % heads != 0) {
            throw v.wrong("num_attention_heads", "a divisor of hidden_size " + width, heads);
        }
        v.require("norm_type", "layer_norm", "rms_norm");
        boolean bias = v.flag("attention_bias", false);
        boolean rms = v.text("norm_type", "layer_norm").equals("rms_norm");
        return new VisionOptions(
                width,
                v.count("intermediate_size", 4096),
                v.count("num_hidden_layers", 24),
                heads,
                new Patches(
                        square(v, "patch_size", 14), v.count("num_channels", 3), 1, true, square(v, "image_size", 448)),
                true,
                0,
                v.flag("use_absolute_position_embeddings", true) ? Positions.INTERPOLATED : Positions.NONE,
                new Block(
                        rms ? NormKind.RMS : NormKind.LAYER,
                        v.positive("layer_norm_eps", 1e-6),
                        false,
                        v.activation("hidden_act", "gelu"),
                        bias,
                        true,
                        true,
                        true,
                        v.flag("use_qk_norm", false) ? QueryKeyNorm.ALL_HEADS : QueryKeyNorm.NONE),
                Windows.none(),
                false,
                last && !v.flag("use_mean_pooling", true) ? PostNorm.FEATURES : PostNorm.NONE);
    }

    /** A side that is written as one number, or twice in a list. */
    private static int square(ModelConfig v, String key, int fallback) {
        int[] sides = v.integers(key, fallback);
        if (sides.length == 0 || sides.length > 2 || sides[0] != sides[sides.length - 1] || sides[0] < 1) {
            throw v.wrong(key, "one number of pixels for both sides", Arrays.toString(sides));
        }
        return sides[0];
    }

    /** All views of a picture between two marks; the frames of a video each with its number, on a line of its own. */
    private static String expand(PreparedPicture picture, String placeholder) {
        String context = "<IMG_CONTEXT>";
        int views = picture.views().size();
        if (!(picture.views().getFirst().part() instanceof Part.Frame)) {
            return "<img>" + context.repeat(views) + "</img>";
        }
        return IntStream.rangeClosed(1, views)
                .mapToObj(frame -> "Frame" + frame + ": <img>" + context + "</img>")
                .collect(Collectors.joining("\n"));
    }

    @Override
    public Map<String, GgufPictures> ggufPictures() {
        return Map.of("internvl", new InternVlGguf());
    }

    @Override
    public PictureProcessor pictures(Path folder, Description description) {
        return GridPictureProcessor.read(folder, description.vision().patches().imageSize());
    }
}

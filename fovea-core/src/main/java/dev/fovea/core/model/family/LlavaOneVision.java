package dev.fovea.core.model.family;

import dev.fovea.core.image.AnyResolutionProcessor;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.family.Description.Placeholder;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.model.vision.VisionOptions.Block;
import dev.fovea.core.model.vision.VisionOptions.Patches;
import dev.fovea.core.model.vision.VisionOptions.Positions;
import dev.fovea.core.model.vision.VisionOptions.PostNorm;
import dev.fovea.core.model.vision.Windows;
import java.nio.file.Path;
import java.util.Set;

/**
 * LLaVA-OneVision (Li et al., arXiv 2408.03326): SigLIP over tiles of a canvas, which is interpolated where it is large, over
 * several pictures in one tile each, or over the frames of a video, before a Qwen2 decoder.
 */
public final class LlavaOneVision implements Family {
    private static final String ASPECT = "vision_aspect_ratio";
    private static final String LIMITED = "anyres_max_";

    @Override
    public Set<String> modelTypes() {
        return Set.of("llava_onevision");
    }

    @Override
    public Description describe(ModelConfig config) {
        ModelConfig v = config.child("vision_config");
        v.require("model_type", "siglip_vision_model");
        config.require("vision_feature_select_strategy", "full");
        most(config);
        return Llava.describe(config, "llava_onevision", vision(v), new AnyResolutionLayout(), LlavaNext.RENAMES)
                .withVideos(new Placeholder(
                        config.integer("video_token_id", config.integer("video_token_index", 151_647)), "<video>"));
    }

    private static VisionOptions vision(ModelConfig v) {
        int width = v.count("hidden_size", 1152);
        int heads = v.count("num_attention_heads", 16);
        if (width % heads != 0) {
            throw v.wrong("num_attention_heads", "a divisor of hidden_size " + width, heads);
        }
        return new VisionOptions(
                width,
                v.count("intermediate_size", 4304),
                v.count("num_hidden_layers", 26),
                heads,
                new Patches(v.count("patch_size", 14), v.count("num_channels", 3), 1, true, v.count("image_size", 384)),
                false,
                0,
                Positions.INTERPOLATED,
                Block.plain(v.activation("hidden_act", "gelu_pytorch_tanh"), v.positive("layer_norm_eps", 1e-6)),
                Windows.none(),
                false,
                // Features are taken before it.
                PostNorm.CLASS_TOKEN);
    }

    /** How many tiles of tokens a picture may have before it is interpolated. */
    private static int most(ModelConfig config) {
        String aspect = config.text(ASPECT, LIMITED + "9");
        if (!aspect.matches(LIMITED + "[1-9][0-9]{0,3}")) {
            throw config.wrong(ASPECT, LIMITED + " and a number of tiles", aspect);
        }
        return Integer.parseInt(aspect.substring(LIMITED.length()));
    }

    @Override
    public PictureProcessor pictures(Path folder, Description description) {
        Patches patches = description.vision().patches();
        int most = most(ModelConfig.read(folder.resolve("config.json")));
        return AnyResolutionProcessor.oneVision(folder, patches.imageSize(), patches.size(), most);
    }
}

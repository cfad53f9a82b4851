package dev.fovea.core.model.family;

import dev.fovea.core.image.AnyResolutionProcessor;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.family.Description.Placeholder;
import dev.fovea.core.model.vision.VisionOptions;
import dev.fovea.core.model.vision.VisionOptions.Patches;
import dev.fovea.core.model.vision.VisionOptions.Positions;
import dev.fovea.core.model.vision.VisionOptions.PostNorm;
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
        return Siglip.vision(
                v,
                new Siglip.Sizes(1152, 4304, 26, 16),
                v.count("patch_size", 14),
                v.count("image_size", 384),
                Positions.INTERPOLATED,
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

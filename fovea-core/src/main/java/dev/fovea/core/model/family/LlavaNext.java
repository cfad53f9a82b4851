package dev.fovea.core.model.family;

import dev.fovea.core.image.AnyResolutionProcessor;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.vision.VisionOptions.Patches;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * LLaVA-NeXT (LLaVA 1.6, Liu et al. 2024): LLaVA's encoder and connector over tiles of the canvas that suits a picture
 * best, before a Vicuna, Mistral, Llama 3 or Qwen decoder.
 */
public final class LlavaNext implements Family {
    static final List<Rename> RENAMES = with(Llava.RENAMES, Rename.of("^(model\\.)?image_newline$", "newline"));

    private static List<Rename> with(List<Rename> renames, Rename more) {
        List<Rename> all = new ArrayList<>(renames);
        all.add(more);
        return List.copyOf(all);
    }

    @Override
    public Set<String> modelTypes() {
        return Set.of("llava_next");
    }

    @Override
    public Description describe(ModelConfig config) {
        config.child("vision_config").require("model_type", "clip_vision_model");
        // Rows of tiles stand beside each other, where a class token would have no place.
        config.require("vision_feature_select_strategy", "default");
        return Llava.describe(
                config, "llava_next", Clip.vision(config.child("vision_config")), new AnyResolutionLayout(), RENAMES);
    }

    @Override
    public PictureProcessor pictures(Path folder, Description description) {
        Patches patches = description.vision().patches();
        return AnyResolutionProcessor.next(folder, patches.imageSize(), patches.size());
    }
}

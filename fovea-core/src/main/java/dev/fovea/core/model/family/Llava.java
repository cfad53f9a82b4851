package dev.fovea.core.model.family;

import dev.fovea.core.image.ImageProcessor;
import dev.fovea.core.image.ImageProcessorConfig;
import dev.fovea.core.image.PictureProcessor;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.connector.ConnectorOptions;
import dev.fovea.core.model.family.Description.Placeholder;
import dev.fovea.core.model.gguf.GgufPictures;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.SequentialPositions;
import dev.fovea.core.model.vision.VisionOptions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** LLaVA-1.5 (Liu et al., arXiv 2310.03744): a CLIP vision transformer, an MLP connector and a Llama decoder. */
public final class Llava implements Family {
    private static final int FEATURE_LAYER = -2;

    static final List<Rename> RENAMES = List.of(
            Rename.of("^(model\\.)?vision_tower\\.(vision_model\\.)?", "vision."),
            Rename.of("^vision\\.encoder\\.", "vision."),
            Rename.of("pre_layrnorm", "pre_layernorm"),
            Rename.of("^(model\\.)?multi_modal_projector\\.", "connector."),
            Rename.of("^(model\\.)?(language_model\\.)?lm_head\\.", "lm_head."),
            Rename.of("^(model\\.)?language_model\\.(model\\.)?", "text."));

    @Override
    public Set<String> modelTypes() {
        return Set.of("llava");
    }

    @Override
    public Description describe(ModelConfig config) {
        ModelConfig visionConfig = config.child("vision_config");
        visionConfig.require("model_type", "clip_vision_model");
        return describe(config, "llava", Clip.vision(visionConfig), PromptLayout.bare(), RENAMES);
    }

    /** What the generations of LLaVA have in common: two linear layers from an encoder to a decoder of any kind. */
    static Description describe(
            ModelConfig config, String family, VisionOptions vision, PromptLayout layout, List<Rename> renames) {
        ModelConfig textConfig = config.child("text_config");
        List<Integer> layers = featureLayers(config, vision.layers(), FEATURE_LAYER);
        boolean tied = config.flag("tie_word_embeddings", false);
        DecoderOptions text = DecoderConfig.read(DecoderConfig.Kind.of(textConfig), textConfig, tied);
        return new Description(
                family,
                vision,
                layers,
                vision.classToken() && clsIsFeature(config),
                ConnectorOptions.mlp(
                        vision.width() * layers.size(),
                        text.width(),
                        config.activation("projector_hidden_act", "gelu"),
                        config.flag("multimodal_projector_bias", true)),
                text,
                new SequentialPositions(),
                List.of(new Placeholder(
                        config.integer("image_token_id", config.integer("image_token_index", 32000)), "<image>")),
                layout,
                renames,
                layout.newline(),
                false);
    }

    @Override
    public Map<String, GgufPictures> ggufPictures() {
        return Map.of("mlp", new LlavaGguf());
    }

    @Override
    public PictureProcessor pictures(Path folder, Description description) {
        return new ImageProcessor(ImageProcessorConfig.read(folder));
    }

    /** Hidden states are counted with the embeddings first; negative numbers count from the end. */
    static List<Integer> featureLayers(ModelConfig config, int layers, int fallback) {
        String key = "vision_feature_layer";
        int[] listed = config.integers(key, fallback);
        return Arrays.stream(listed)
                .map(layer -> {
                    int from0 = layer < 0 ? layers + 1 + layer : layer;
                    if (from0 < 0 || from0 > layers) {
                        throw config.wrong(key, "in " + (-layers - 1) + ".." + layers + " for this encoder", layer);
                    }
                    return from0;
                })
                .boxed()
                .toList();
    }

    private static boolean clsIsFeature(ModelConfig config) {
        String key = "vision_feature_select_strategy";
        return switch (config.text(key, "default")) {
            case "default" -> false;
            case "full" -> true;
            case String other -> throw config.wrong(key, "'default' or 'full'", other);
        };
    }
}

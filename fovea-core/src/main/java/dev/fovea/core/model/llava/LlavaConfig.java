package dev.fovea.core.model.llava;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.OtherFormats;
import dev.fovea.core.model.clip.ClipVisionConfig;
import dev.fovea.core.model.llama.LlamaConfig;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.weights.CheckpointException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What the {@code config.json} of a LLaVA-1.5 checkpoint says, in today's keys and those of the first generation.
 *
 * @param vision the encoder
 * @param text the language model
 * @param featureLayers behind how many encoder layers the features are taken, ascending or as listed; several are
 *     concatenated
 * @param clsIsFeature whether the class token goes to the language model ({@code full} feature selection)
 * @param projectorActivation between the connector's two linear layers
 * @param projectorBias whether these have biases
 * @param imageToken the token id that stands for a picture in a prompt
 */
public record LlavaConfig(
        ClipVisionConfig vision,
        LlamaConfig text,
        List<Integer> featureLayers,
        boolean clsIsFeature,
        Activation projectorActivation,
        boolean projectorBias,
        int imageToken) {

    public LlavaConfig {
        featureLayers = List.copyOf(featureLayers);
    }

    /**
     * Reads {@code config.json} of a folder.
     *
     * @throws CheckpointException if the architecture is another, or a value is missing or wrong
     */
    public static LlavaConfig read(Path folder) {
        ModelConfig config = ModelConfig.read(folder.resolve("config.json"));
        OtherFormats.refuse(config);
        require(config, "model_type", config.text("model_type", "(none)"), "llava");
        ModelConfig visionNode = config.child("vision_config");
        ModelConfig textNode = config.child("text_config");
        require(visionNode, "model_type", visionNode.text("model_type", "clip_vision_model"), "clip_vision_model");
        require(textNode, "model_type", textNode.text("model_type", "llama"), "llama");
        ClipVisionConfig vision = ClipVisionConfig.of(visionNode);
        return new LlavaConfig(
                vision,
                LlamaConfig.of(textNode, config.flag("tie_word_embeddings", false)),
                featureLayers(config, vision.layers()),
                clsIsFeature(config),
                Activation.of(config.text("projector_hidden_act", "gelu")),
                config.flag("multimodal_projector_bias", true),
                config.integer("image_token_id", config.integer("image_token_index", 32000)));
    }

    /** The sizes that plans and cost models need. */
    public ModelShape shape(boolean hasTextTower) {
        return new ModelShape(
                "llava",
                vision.gridSide(),
                vision.gridSide(),
                vision.patchSize(),
                true,
                clsIsFeature,
                vision.layers(),
                featureLayers.stream().mapToInt(Integer::intValue).max().orElse(0),
                vision.width(),
                vision.heads(),
                vision.mlpWidth(),
                hasTextTower,
                text.layers(),
                text.width(),
                text.heads(),
                text.kvHeads(),
                text.headDim(),
                text.mlpWidth(),
                text.vocabulary(),
                text.contextLength());
    }

    private static void require(ModelConfig config, String key, String found, String known) {
        if (!found.equals(known)) {
            throw config.unknown(key, found, List.of(known));
        }
    }

    /** Hidden states are counted with the embeddings first; negative numbers count from the end. */
    private static List<Integer> featureLayers(ModelConfig config, int layers) {
        String key = "vision_feature_layer";
        int[] listed = config.integers(key, -2);
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

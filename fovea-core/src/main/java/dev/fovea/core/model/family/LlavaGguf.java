package dev.fovea.core.model.family;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.model.gguf.GgufNames;
import dev.fovea.core.model.gguf.GgufPictures;
import dev.fovea.core.model.gguf.GgufValues;
import dev.fovea.core.weights.CheckpointException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * LLaVA-1.5 as llama.cpp's first converter wrote it: CLIP without the blocks behind the features, which leave the last
 * block that is there unless the file lists them. Pictures are prepared as the published {@code -hf} checkpoints say.
 */
final class LlavaGguf implements GgufPictures {
    private static final String LAYERS = VisionGguf.PREFIX + "feature_layer";
    private static final int BICUBIC = 3;

    @Override
    public Set<String> architectures() {
        return Set.of("llama", "qwen2", "qwen3");
    }

    @Override
    public List<String> placeholders() {
        return List.of("<image>");
    }

    @Override
    public GgufNames names(GgufValues values) {
        return VisionGguf.names(
                values,
                Map.of(
                        "v.class_embd", "vision.embeddings.class_embedding",
                        "v.pre_ln", "vision.pre_layernorm",
                        "v.post_ln", "vision.post_layernorm",
                        "mm.0", "connector.linear_1",
                        "mm.2", "connector.linear_2"),
                Map.of());
    }

    @Override
    public void describe(GgufValues values, ObjectNode config) {
        if (values.has(VisionGguf.PREFIX + "image_grid_pinpoints")) {
            throw new CheckpointException(values.file().path() + " cuts pictures into tiles as LLaVA-NeXT does, which"
                    + " Fovea does not open from GGUF; give the Hugging Face folder of the model");
        }
        config.put("model_type", "llava");
        boolean gelu = values.flag("clip.use_gelu", false);
        VisionGguf.encoder(values, config, "clip_vision_model", gelu ? "gelu" : "quick_gelu");
        config.put("projector_hidden_act", "gelu");
        config.put("multimodal_projector_bias", values.file().tensors().containsKey("mm.0.bias"));
        config.put("vision_feature_select_strategy", "default");
        ArrayNode layers = config.putArray("vision_feature_layer");
        if (values.has(LAYERS)) {
            values.wholes(LAYERS).forEach(layers::add);
        } else {
            layers.add(VisionGguf.blocks(values));
        }
    }

    @Override
    public ObjectNode processor(GgufValues values) {
        ObjectNode processor = VisionGguf.processor(values, "CLIPImageProcessor", BICUBIC);
        int side = values.whole(VisionGguf.PREFIX + "image_size");
        processor.putObject("size").put("shortest_edge", side);
        processor.put("do_center_crop", true);
        VisionGguf.square(processor, "crop_size", side);
        return processor;
    }
}

package dev.fovea.core.model.family;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.model.gguf.GgufNames;
import dev.fovea.core.model.gguf.GgufPictures;
import dev.fovea.core.model.gguf.GgufValues;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Idefics3 and SmolVLM as llama.cpp's converter writes them, which tells them no more apart than their weights do. */
final class Idefics3Gguf implements GgufPictures {
    private static final int LANCZOS = 1;

    /** Tiles along the longer side of a picture in every published model, for files that do not say its length. */
    private static final int TILES = 4;

    @Override
    public Set<String> architectures() {
        return Set.of("llama");
    }

    @Override
    public List<String> placeholders() {
        return List.of("<image>");
    }

    @Override
    public GgufNames names(GgufValues values) {
        return VisionGguf.names(
                values, Map.of("v.post_ln", "vision.post_layernorm", "mm.model.fc", "connector.linear_1"), Map.of());
    }

    @Override
    public void describe(GgufValues values, ObjectNode config) {
        config.put("model_type", "idefics3");
        VisionGguf.encoder(values, config, "idefics3_vision", "gelu_pytorch_tanh");
        config.put("scale_factor", VisionGguf.count(values, "projector.scale_factor", 2));
    }

    @Override
    public ObjectNode processor(GgufValues values) {
        ObjectNode processor = VisionGguf.processor(values, "Idefics3ImageProcessor", LANCZOS);
        int tile = values.whole(VisionGguf.PREFIX + "image_size");
        processor.put("do_image_splitting", true);
        String longest = VisionGguf.PREFIX + "preproc_image_size";
        processor
                .putObject("size")
                .put("longest_edge", values.has(longest) ? values.whole(longest) : (long) TILES * tile);
        processor.putObject("max_image_size").put("longest_edge", tile);
        return processor;
    }
}

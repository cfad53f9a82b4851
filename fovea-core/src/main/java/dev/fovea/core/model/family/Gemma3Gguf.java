package dev.fovea.core.model.family;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.model.gguf.GgufNames;
import dev.fovea.core.model.gguf.GgufPictures;
import dev.fovea.core.model.gguf.GgufValues;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Gemma 3 as llama.cpp's converter writes it. Pictures are shown whole, as published checkpoints ask for. */
final class Gemma3Gguf implements GgufPictures {
    private static final int BILINEAR = 2;

    /** Patches along each side of a token in every published model. */
    private static final int SIDE = 4;

    private static final String NORM = "connector.patch_norm";

    @Override
    public Set<String> architectures() {
        return Set.of("gemma3");
    }

    @Override
    public List<String> placeholders() {
        return List.of("<image_soft_token>");
    }

    @Override
    public GgufNames names(GgufValues values) {
        return VisionGguf.names(
                values,
                Map.of(
                        "v.post_ln", "vision.post_layernorm",
                        "mm.input_projection.weight", "connector.linear_1.turned",
                        "mm.soft_emb_norm", NORM),
                Map.of());
    }

    @Override
    public Set<String> aboveOne() {
        return Set.of(NORM + ".weight");
    }

    @Override
    public void describe(GgufValues values, ObjectNode config) {
        config.put("model_type", "gemma3");
        VisionGguf.encoder(values, config, "siglip_vision_model", "gelu_pytorch_tanh");
        int patches = values.whole(VisionGguf.PREFIX + "image_size")
                / Math.max(1, values.whole(VisionGguf.PREFIX + "patch_size"));
        long side = patches / VisionGguf.count(values, "projector.scale_factor", SIDE);
        config.put("mm_tokens_per_image", side * side);
    }

    @Override
    public ObjectNode processor(GgufValues values) {
        ObjectNode processor = VisionGguf.processor(values, "Gemma3ImageProcessor", BILINEAR);
        VisionGguf.square(processor, "size", values.whole(VisionGguf.PREFIX + "image_size"));
        return processor;
    }
}

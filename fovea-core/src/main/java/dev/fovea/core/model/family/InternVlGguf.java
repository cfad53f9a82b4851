package dev.fovea.core.model.family;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.model.gguf.GgufNames;
import dev.fovea.core.model.gguf.GgufPictures;
import dev.fovea.core.model.gguf.GgufValues;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** InternVL as llama.cpp's converter writes it. Of which kind its norms are is told from the tensors that there are. */
final class InternVlGguf implements GgufPictures {
    private static final int BICUBIC = 3;
    private static final int MOST_TILES = 12;

    @Override
    public Set<String> architectures() {
        return Set.of("llama", "qwen2", "qwen3");
    }

    @Override
    public List<String> placeholders() {
        return List.of("<IMG_CONTEXT>");
    }

    @Override
    public GgufNames names(GgufValues values) {
        return VisionGguf.names(
                values,
                Map.of(
                        "v.class_embd", "vision.embeddings.class_embedding",
                        "mm.model.mlp.0", "connector.patch_norm",
                        "mm.model.mlp.1", "connector.linear_1",
                        "mm.model.mlp.3", "connector.linear_2"),
                Map.of(
                        "ls1.weight", "layer_scale1",
                        "ls2.weight", "layer_scale2",
                        "attn_q_norm", "self_attn.q_norm",
                        "attn_k_norm", "self_attn.k_norm"));
    }

    @Override
    public void describe(GgufValues values, ObjectNode config) {
        config.put("model_type", "internvl");
        ObjectNode vision = VisionGguf.encoder(values, config, "internvl_vision", "gelu");
        vision.put("use_qk_norm", has(values, "attn_q_norm.weight"));
        vision.put("attention_bias", has(values, "attn_q.bias"));
        vision.put("norm_type", has(values, "ln1.bias") ? "layer_norm" : "rms_norm");
        config.put("downsample_ratio", 1.0 / VisionGguf.count(values, "projector.scale_factor", 2));
        config.put("vision_feature_layer", -1);
    }

    private static boolean has(GgufValues values, String part) {
        return values.file().tensors().containsKey("v.blk.0." + part);
    }

    @Override
    public ObjectNode processor(GgufValues values) {
        ObjectNode processor = VisionGguf.processor(values, "GotOcr2ImageProcessor", BICUBIC);
        VisionGguf.square(processor, "size", values.whole(VisionGguf.PREFIX + "image_size"));
        processor.put("min_patches", VisionGguf.count(values, "preproc_min_tiles", 1));
        processor.put("max_patches", VisionGguf.count(values, "preproc_max_tiles", MOST_TILES));
        return processor;
    }
}

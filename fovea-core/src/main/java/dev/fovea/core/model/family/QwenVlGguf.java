package dev.fovea.core.model.family;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.model.gguf.GgufNames;
import dev.fovea.core.model.gguf.GgufPictures;
import dev.fovea.core.model.gguf.GgufValues;
import dev.fovea.core.weights.gguf.GgufTensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Qwen2-VL, Qwen2.5-VL and Qwen3-VL as llama.cpp's converter writes them: queries, keys and values apart in the first two,
 * kernels of patches one frame at a time, deep features by the number of the block that they leave. Sizes of windows and
 * the pace of videos are not in the files, nor bounds of pictures; they are those of every published model.
 *
 * @param generation which of them
 */
record QwenVlGguf(Generation generation) implements GgufPictures {
    private static final String DEEP = VisionGguf.PREFIX + "is_deepstack_layers";
    private static final String PATTERN = VisionGguf.PREFIX + "n_wa_pattern";
    private static final int BICUBIC = 3;
    private static final int WINDOW = 112;
    private static final int TOKENS_PER_SECOND = 2;

    /** The generations. */
    enum Generation {
        QWEN2("qwen2_vl", "qwen2vl", 56L * 56, 12_845_056),
        QWEN25("qwen2_5_vl", "qwen2vl", 56L * 56, 12_845_056),
        QWEN3("qwen3_vl", "qwen3vl", 256L * 256, 4096L * 4096);

        private final String modelType;
        private final String architecture;
        private final long leastPixels;
        private final long mostPixels;

        Generation(String modelType, String architecture, long leastPixels, long mostPixels) {
            this.modelType = modelType;
            this.architecture = architecture;
            this.leastPixels = leastPixels;
            this.mostPixels = mostPixels;
        }
    }

    @Override
    public Set<String> architectures() {
        return Set.of(generation.architecture);
    }

    @Override
    public List<String> placeholders() {
        return List.of("<|image_pad|>", "<|video_pad|>");
    }

    @Override
    public GgufNames names(GgufValues values) {
        Map<String, String> whole = new HashMap<>(VisionGguf.PATCHES);
        whole.put("v.post_ln", "connector.patch_norm");
        whole.put("mm.0", "connector.linear_1");
        whole.put("mm.2", "connector.linear_2");
        Map<String, String> block = generation == Generation.QWEN25
                ? Map.of("ffn_gate", "mlp.gate_proj", "ffn_up", "mlp.up_proj", "ffn_down", "mlp.down_proj")
                : Map.of("attn_qkv", "self_attn.qkv");
        List<Integer> deep = deep(values);
        GgufNames.Blocks mergers = new GgufNames.Blocks(
                "v.deepstack.",
                "connector.deep.",
                deep::indexOf,
                Map.of("norm", "patch_norm", "fc1", "linear_1", "fc2", "linear_2"));
        return new GgufNames(whole, List.of(VisionGguf.blocks(values, block), mergers));
    }

    /** The blocks whose output becomes deep features. */
    private List<Integer> deep(GgufValues values) {
        if (generation != Generation.QWEN3 || !values.has(DEEP)) {
            return List.of();
        }
        List<Boolean> flags = values.flags(DEEP);
        return IntStream.range(0, flags.size()).filter(flags::get).boxed().toList();
    }

    @Override
    public void describe(GgufValues values, ObjectNode config) {
        config.put("model_type", generation.modelType);
        int width = VisionGguf.width(values);
        int blocks = VisionGguf.blocks(values);
        int textWidth = config.path("text_config").path("hidden_size").asInt();
        ObjectNode vision = config.putObject("vision_config");
        vision.put("depth", blocks);
        vision.put("num_heads", values.whole(VisionGguf.PREFIX + "attention.head_count"));
        vision.put("patch_size", values.whole(VisionGguf.PREFIX + "patch_size"));
        vision.put("spatial_merge_size", VisionGguf.count(values, "spatial_merge_size", 2));
        vision.put("hidden_size", generation == Generation.QWEN2 ? textWidth : width);
        switch (generation) {
            case QWEN2 -> {
                vision.put("embed_dim", width);
                vision.put("mlp_ratio", VisionGguf.mlpWidth(values) / Math.max(1, width));
                vision.put("hidden_act", "quick_gelu");
            }
            case QWEN25 -> {
                vision.put("intermediate_size", VisionGguf.mlpWidth(values));
                vision.put("out_hidden_size", textWidth);
                vision.put("hidden_act", "silu");
                vision.put("window_size", VisionGguf.count(values, "window_size", WINDOW));
                vision.put("tokens_per_second", TOKENS_PER_SECOND);
                seeingAll(values, blocks, vision.putArray("fullatt_block_indexes"));
            }
            case QWEN3 -> {
                vision.put("intermediate_size", VisionGguf.mlpWidth(values));
                vision.put("out_hidden_size", textWidth);
                vision.put("hidden_act", "gelu_pytorch_tanh");
                ArrayNode deep = vision.putArray("deepstack_visual_indexes");
                deep(values).forEach(deep::add);
                GgufTensor table = values.file().tensors().get("v.position_embd.weight");
                if (table != null && !table.shape().isEmpty()) {
                    vision.put("num_position_embeddings", table.shape().getFirst());
                }
            }
        }
    }

    /** Every so many blocks one sees all of a picture. */
    private static void seeingAll(GgufValues values, int blocks, ArrayNode indexes) {
        int pattern = values.whole(PATTERN);
        if (pattern < 1) {
            throw values.wrong(PATTERN, "above 0");
        }
        for (long block = pattern; block <= blocks; block += pattern) {
            indexes.add(block - 1);
        }
    }

    @Override
    public ObjectNode processor(GgufValues values) {
        ObjectNode processor = VisionGguf.processor(values, "Qwen2VLImageProcessor", BICUBIC);
        processor.put("patch_size", values.whole(VisionGguf.PREFIX + "patch_size"));
        processor.put("merge_size", VisionGguf.count(values, "spatial_merge_size", 2));
        processor.put("temporal_patch_size", 2);
        pixels(values, "image_min_pixels", processor, "min_pixels", generation.leastPixels);
        pixels(values, "image_max_pixels", processor, "max_pixels", generation.mostPixels);
        return processor;
    }

    private static void pixels(GgufValues values, String key, ObjectNode processor, String name, long usual) {
        Integer said = values.wholeOrNull(VisionGguf.PREFIX + key);
        processor.put(name, said == null ? usual : said);
    }
}

package dev.fovea.core.model.family;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.model.gguf.GgufNames;
import dev.fovea.core.model.gguf.GgufValues;
import dev.fovea.core.weights.gguf.GgufTensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the files of all encoders have in common that llama.cpp's converter writes. */
final class VisionGguf {
    static final String PREFIX = "clip.vision.";

    /** Far above any model. */
    private static final int MAX_BLOCKS = 1 << 14;

    private static final String UP = "ffn_up";
    private static final String DOWN = "ffn_down";

    /** What there is once: patches and their positions. */
    static final Map<String, String> PATCHES = Map.of(
            "v.patch_embd", "vision.embeddings.patch_embedding",
            "v.position_embd", "vision.embeddings.position_embedding");

    /** What a block with a plain MLP holds. */
    static final Map<String, String> BLOCK = Map.of(
            "attn_q",
            "self_attn.q_proj",
            "attn_k",
            "self_attn.k_proj",
            "attn_v",
            "self_attn.v_proj",
            "attn_out",
            "self_attn.out_proj",
            "ln1",
            "layer_norm1",
            "ln2",
            "layer_norm2",
            UP,
            "mlp.fc1",
            DOWN,
            "mlp.fc2");

    private VisionGguf() {}

    /** Names of an encoder: {@code whole} beside patches, {@code block} beside or instead of what blocks usually hold. */
    static GgufNames names(GgufValues values, Map<String, String> whole, Map<String, String> block) {
        Map<String, String> all = new HashMap<>(PATCHES);
        all.putAll(whole);
        return new GgufNames(all, List.of(blocks(values, block)));
    }

    static GgufNames.Blocks blocks(GgufValues values, Map<String, String> block) {
        Map<String, String> parts = new HashMap<>(BLOCK);
        parts.putAll(block);
        if (isSwapped(values)) {
            String up = parts.getOrDefault(UP, "");
            parts.put(UP, parts.getOrDefault(DOWN, ""));
            parts.put(DOWN, up);
        }
        return GgufNames.Blocks.of("v.blk.", "vision.layers.", parts);
    }

    /** The first converters called the two halves of an MLP the other way round. */
    private static boolean isSwapped(GgufValues values) {
        GgufTensor down = values.file().tensors().get("v.blk.0." + DOWN + ".weight");
        long width = width(values);
        return down != null
                && down.shape().size() == 2
                && down.shape().getLast() == width
                && down.shape().getFirst() != width;
    }

    static int width(GgufValues values) {
        return values.whole(PREFIX + "embedding_length");
    }

    static int blocks(GgufValues values) {
        String key = PREFIX + "block_count";
        int blocks = values.whole(key);
        if (blocks < 1 || blocks > MAX_BLOCKS) {
            throw values.wrong(key, "a number of blocks from 1 to " + MAX_BLOCKS);
        }
        return blocks;
    }

    /** A whole number above 0, or the default. */
    static int count(GgufValues values, String key, int fallback) {
        Integer found = values.wholeOrNull(PREFIX + key);
        if (found != null && found < 1) {
            throw values.wrong(PREFIX + key, "above 0");
        }
        return found == null ? fallback : found;
    }

    /** How wide MLPs are: what files say of it is not always true, so it is told from the first of them. */
    static int mlpWidth(GgufValues values) {
        String first = isSwapped(values) ? DOWN : UP;
        GgufTensor up = values.file().tensors().get("v.blk.0." + first + ".weight");
        return up == null || up.shape().isEmpty()
                ? values.whole(PREFIX + "feed_forward_length")
                : (int) Math.min(Integer.MAX_VALUE, up.shape().getFirst());
    }

    /** A {@code vision_config} in the words of CLIP and SigLIP. */
    static ObjectNode encoder(GgufValues values, ObjectNode config, String modelType, String activation) {
        ObjectNode vision = config.putObject("vision_config");
        vision.put("model_type", modelType);
        vision.put("hidden_size", width(values));
        vision.put("intermediate_size", mlpWidth(values));
        vision.put("num_hidden_layers", blocks(values));
        vision.put("num_attention_heads", values.whole(PREFIX + "attention.head_count"));
        vision.put("image_size", values.whole(PREFIX + "image_size"));
        vision.put("patch_size", values.whole(PREFIX + "patch_size"));
        vision.put("hidden_act", activation);
        values.number(PREFIX + "attention.layer_norm_epsilon", vision, "layer_norm_eps");
        return vision;
    }

    /**
     * What a processor's file says in any family.
     *
     * @param resample Pillow's number of the filter that published files of the family name
     */
    static ObjectNode processor(GgufValues values, String type, int resample) {
        ObjectNode processor = JsonNodeFactory.instance.objectNode();
        processor.put("image_processor_type", type);
        processor.put("do_resize", true).put("do_rescale", true).put("do_normalize", true);
        processor.put("resample", resample);
        values.numbers(PREFIX + "image_mean", processor, "image_mean");
        values.numbers(PREFIX + "image_std", processor, "image_std");
        return processor;
    }

    /** Both sides of a picture. */
    static void square(ObjectNode processor, String key, int side) {
        processor.putObject(key).put("height", side).put("width", side);
    }
}

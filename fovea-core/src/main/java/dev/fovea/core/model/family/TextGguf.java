package dev.fovea.core.model.family;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.model.gguf.GgufText;
import dev.fovea.core.model.gguf.GgufValues;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** How llama.cpp's converter writes language models, by the architectures that it knows them as. */
final class TextGguf {
    private static final String PATTERN = "attention.sliding_window_pattern";

    /** What a layer of any of them holds, and the norms before and behind attention of most. */
    private static final Map<String, String> LAYER = Map.ofEntries(
            Map.entry("attn_norm", "input_layernorm"),
            Map.entry("attn_q", "self_attn.q_proj"),
            Map.entry("attn_k", "self_attn.k_proj"),
            Map.entry("attn_v", "self_attn.v_proj"),
            Map.entry("attn_output", "self_attn.o_proj"),
            Map.entry("attn_q_norm", "self_attn.q_norm"),
            Map.entry("attn_k_norm", "self_attn.k_norm"),
            Map.entry("ffn_norm", "post_attention_layernorm"),
            Map.entry("ffn_gate", "mlp.gate_proj"),
            Map.entry("ffn_up", "mlp.up_proj"),
            Map.entry("ffn_down", "mlp.down_proj"));

    /** Depths of the largest Gemma 2 and Gemma 3, whose queries are scaled otherwise than those of all others. */
    private static final int LARGEST_GEMMA2 = 46;

    private static final int LARGEST_GEMMA3 = 62;

    /** All of them. A multimodal Qwen alone is a Qwen: where there are words only, positions of three axes are equal. */
    static final Map<String, GgufText> ALL = Map.of(
            "llama", new GgufText("llama", LAYER, true, false, (values, config) -> {}),
            "qwen2", new GgufText("qwen2", LAYER, false, false, (values, config) -> {}),
            "qwen3", new GgufText("qwen3", LAYER, false, false, (values, config) -> {}),
            "qwen2vl", new GgufText("qwen2", LAYER, false, false, TextGguf::sections),
            "qwen3vl", new GgufText("qwen3", LAYER, false, false, TextGguf::sections),
            "gemma", new GgufText("gemma", LAYER, false, true, (values, config) -> {}),
            "gemma2", gemma("gemma2", TextGguf::gemma2),
            "gemma3", gemma("gemma3_text", TextGguf::gemma3));

    private TextGguf() {}

    /** With norms before and behind both halves of a layer. */
    private static GgufText gemma(String modelType, BiConsumer<GgufValues, ObjectNode> more) {
        Map<String, String> layer = new HashMap<>(LAYER);
        layer.put("post_attention_norm", "post_attention_layernorm");
        layer.put("ffn_norm", "pre_feedforward_layernorm");
        layer.put("post_ffw_norm", "post_feedforward_layernorm");
        return new GgufText(modelType, layer, false, true, more);
    }

    /** How many frequencies the axes of a position take; a fourth axis is always empty. */
    private static void sections(GgufValues values, ObjectNode config) {
        String key = values.text("general.architecture") + ".rope.dimension_sections";
        List<Integer> sections = values.wholes(key);
        if (sections.size() < 3 || sections.stream().skip(3).anyMatch(n -> n != 0)) {
            throw values.wrong(key, "the sections of three axes");
        }
        ArrayNode list = config.withObject("/rope_scaling").putArray("mrope_section");
        sections.stream().limit(3).forEach(list::add);
    }

    private static void gemma2(GgufValues values, ObjectNode config) {
        cap(values, "gemma2.attn_logit_softcapping", config, "attn_logit_softcapping");
        cap(values, "gemma2.final_logit_softcapping", config, "final_logit_softcapping");
        Integer window = values.wholeOrNull("gemma2.attention.sliding_window");
        if (window != null) {
            config.put("sliding_window", window);
        }
        scale(config, LARGEST_GEMMA2);
    }

    private static void gemma3(GgufValues values, ObjectNode config) {
        cap(values, "gemma3.final_logit_softcapping", config, "final_logit_softcapping");
        @Nullable Integer window = values.wholeOrNull("gemma3.attention.sliding_window");
        config.put("sliding_window", window);
        if (values.has("gemma3." + PATTERN)) {
            config.put("sliding_window_pattern", values.whole("gemma3." + PATTERN));
        }
        values.number("gemma3.rope.freq_base_swa", config, "rope_local_base_freq");
        scale(config, LARGEST_GEMMA3);
    }

    /** None where a file has no such value. */
    private static void cap(GgufValues values, String key, ObjectNode config, String name) {
        config.putNull(name);
        values.number(key, config, name);
    }

    /** By what width scores are divided: files do not say it, and llama.cpp tells it from the depth as well. */
    private static void scale(ObjectNode config, int largest) {
        int heads = Math.max(1, config.path("num_attention_heads").asInt());
        boolean whole = config.path("num_hidden_layers").asInt() == largest;
        config.put(
                "query_pre_attn_scalar",
                whole
                        ? config.path("hidden_size").asInt() / heads
                        : config.path("head_dim").asInt());
    }
}

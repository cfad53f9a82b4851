package dev.fovea.core.model.gguf;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.message.Printable;
import dev.fovea.core.message.Suggest;
import dev.fovea.core.weights.CheckpointException;
import java.util.List;

/** What {@code config.json} would say of the model in a GGUF file. */
final class GgufConfig {
    private static final String ARCHITECTURE = "general.architecture";

    /** Architectures by llama.cpp's names, which are those of the {@code model_type}s too. */
    private static final List<String> KNOWN = List.of("llama", "qwen2", "qwen3");

    private GgufConfig() {}

    /**
     * The architecture of a file.
     *
     * @throws CheckpointException if it is not known, in one sentence
     */
    static String architecture(GgufValues values) {
        String name = values.text(ARCHITECTURE);
        if (!KNOWN.contains(name)) {
            throw new CheckpointException(values.file().path() + " holds a model of architecture '" + Printable.of(name)
                    + "', which Fovea does not open from GGUF (it opens " + String.join(", ", KNOWN) + ")"
                    + Suggest.nearest(name, KNOWN) + "; give the Hugging Face folder of the model");
        }
        return name;
    }

    static ObjectNode of(GgufValues values) {
        String type = architecture(values);
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        config.put("model_type", type);
        config.put("num_hidden_layers", values.whole(type + ".block_count"));
        config.put("max_position_embeddings", values.whole(type + ".context_length"));
        config.put("hidden_size", values.whole(type + ".embedding_length"));
        config.put("intermediate_size", values.whole(type + ".feed_forward_length"));
        int heads = values.whole(type + ".attention.head_count");
        config.put("num_attention_heads", heads);
        Integer kvHeads = values.wholeOrNull(type + ".attention.head_count_kv");
        config.put("num_key_value_heads", kvHeads == null ? heads : kvHeads);
        Integer headDim = values.wholeOrNull(type + ".attention.key_length");
        if (headDim != null) {
            config.put("head_dim", headDim);
        }
        number(values, type + ".attention.layer_norm_rms_epsilon", config, "rms_norm_eps");
        number(values, type + ".rope.freq_base", config, "rope_theta");
        config.put("vocab_size", values.size("tokenizer.ggml.tokens"));
        config.put("tie_word_embeddings", !values.file().tensors().containsKey("output.weight"));
        scaling(values, type, config);
        ends(values, config);
        return config;
    }

    /** A number of single precision is written as its shortest decimal form, which is what its author wrote. */
    private static void number(GgufValues values, String key, ObjectNode config, String name) {
        Double value = values.realOrNull(key);
        if (value != null) {
            config.put(name, Double.parseDouble(Float.toString(value.floatValue())));
        }
    }

    private static void scaling(GgufValues values, String type, ObjectNode config) {
        String kind = values.textOrNull(type + ".rope.scaling.type");
        if (kind == null || kind.equals("none")) {
            return;
        }
        ObjectNode scaling = config.putObject("rope_scaling");
        scaling.put("rope_type", kind);
        number(values, type + ".rope.scaling.factor", scaling, "factor");
        Integer original = values.wholeOrNull(type + ".rope.scaling.original_context_length");
        if (original != null) {
            scaling.put("original_max_position_embeddings", original);
        }
    }

    private static void ends(GgufValues values, ObjectNode config) {
        Integer end = values.wholeOrNull("tokenizer.ggml.eos_token_id");
        Integer turn = values.wholeOrNull("tokenizer.ggml.eot_token_id");
        if (end != null && turn != null && !turn.equals(end)) {
            config.putArray("eos_token_id").add(end).add(turn);
        } else if (end != null) {
            config.put("eos_token_id", end);
        }
    }
}

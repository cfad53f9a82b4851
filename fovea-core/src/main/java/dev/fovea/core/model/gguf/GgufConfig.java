package dev.fovea.core.model.gguf;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.gguf.GgufTensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@code config.json} would say of the model in a GGUF file, or in two. */
final class GgufConfig {
    private static final String VOCABULARY = "token_embd.weight";
    private static final String TIED = "tie_word_embeddings";

    /** What rotary positions turn by where a file does not say, as llama.cpp reads it. */
    private static final double THETA = 10_000;

    private GgufConfig() {}

    /** A language model's. */
    static ObjectNode ofText(GgufValues values, GgufText layout) {
        String type = values.text(GgufLayouts.ARCHITECTURE);
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        config.put("model_type", layout.modelType());
        config.put("num_hidden_layers", values.whole(type + ".block_count"));
        config.put("max_position_embeddings", values.whole(type + ".context_length"));
        int width = values.whole(type + ".embedding_length");
        config.put("hidden_size", width);
        config.put("intermediate_size", values.whole(type + ".feed_forward_length"));
        int heads = values.whole(type + ".attention.head_count");
        config.put("num_attention_heads", heads);
        Integer kvHeads = values.wholeOrNull(type + ".attention.head_count_kv");
        config.put("num_key_value_heads", kvHeads == null ? heads : kvHeads);
        Integer keyLength = values.wholeOrNull(type + ".attention.key_length");
        int headDim = keyLength == null ? width / Math.max(1, heads) : keyLength;
        config.put("head_dim", headDim);
        values.number(type + ".attention.layer_norm_rms_epsilon", config, "rms_norm_eps");
        values.number(type + ".rope.freq_base", config, "rope_theta");
        config.put("vocab_size", vocabulary(values));
        config.put(TIED, !values.file().tensors().containsKey("output.weight"));
        RotaryFactors.describe(values, headDim, config.path("rope_theta").asDouble(THETA), config);
        scaling(values, type, config);
        ends(values, config);
        layout.more().accept(values, config);
        return config;
    }

    /** That of a language model with what makes pictures its tokens. */
    static ObjectNode ofBoth(ObjectNode text, GgufValues pictures, GgufPictures layout, GgufVocabulary vocabulary) {
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        config.set("text_config", text);
        config.set(TIED, text.get(TIED));
        List<String> keys = List.of("image_token_id", "video_token_id");
        for (int i = 0; i < layout.placeholders().size(); i++) {
            config.put(keys.get(i), vocabulary.id(layout.placeholders().get(i)));
        }
        layout.describe(pictures, config);
        return config;
    }

    /** Rows of the embedding: some lists of tokens are longer. */
    private static long vocabulary(GgufValues values) {
        GgufTensor embedding = values.file().tensors().get(VOCABULARY);
        if (embedding == null || embedding.shape().size() != 2) {
            throw new CheckpointException(values.file().path() + " holds no matrix '" + VOCABULARY
                    + "', the embedding of its tokens; get a file that llama.cpp's converter wrote");
        }
        return embedding.shape().getFirst();
    }

    private static void scaling(GgufValues values, String type, ObjectNode config) {
        String kind = values.textOrNull(type + ".rope.scaling.type");
        if (kind == null || kind.equals("none")) {
            return;
        }
        ObjectNode scaling = config.putObject("rope_scaling");
        scaling.put("rope_type", kind);
        values.number(type + ".rope.scaling.factor", scaling, "factor");
        Integer original = values.wholeOrNull(type + ".rope.scaling.original_context_length");
        if (original != null) {
            scaling.put("original_max_position_embeddings", original);
        }
    }

    private static void ends(GgufValues values, ObjectNode config) {
        @Nullable Integer end = values.wholeOrNull("tokenizer.ggml.eos_token_id");
        @Nullable Integer turn = values.wholeOrNull("tokenizer.ggml.eot_token_id");
        if (end != null && turn != null && !turn.equals(end)) {
            config.putArray("eos_token_id").add(end).add(turn);
        } else if (end != null) {
            config.put("eos_token_id", end);
        }
    }
}

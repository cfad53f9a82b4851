package dev.fovea.core.model.llama;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.ModelConfig;

/**
 * Sizes of a Llama decoder; missing keys take the defaults of Hugging Face's {@code LlamaConfig}.
 *
 * @param width channels
 * @param mlpWidth inner channels of the gated MLP
 * @param layers decoder layers
 * @param heads query heads
 * @param kvHeads key/value heads, a divisor of {@code heads}
 * @param headDim channels per head
 * @param vocabulary entries of the token embedding and the head
 * @param contextLength longest sequence
 * @param activation of the MLP
 * @param eps of the norms
 * @param attentionBias whether the attention projections have biases
 * @param mlpBias whether the MLP's linear layers have biases
 * @param tied whether the head is the token embedding
 * @param rotary position embedding
 */
public record LlamaConfig(
        int width,
        int mlpWidth,
        int layers,
        int heads,
        int kvHeads,
        int headDim,
        int vocabulary,
        int contextLength,
        Activation activation,
        double eps,
        boolean attentionBias,
        boolean mlpBias,
        boolean tied,
        RotaryEmbedding rotary) {
    /** Channels of all heads together, far above any model. */
    private static final int MAX_WIDTH = 1 << 24;

    /**
     * Reads a {@code text_config}.
     *
     * @param config the object
     * @param tiedAbove whether the object around it says {@code tie_word_embeddings}; either place is enough
     */
    public static LlamaConfig of(ModelConfig config, boolean tiedAbove) {
        int width = config.count("hidden_size", 4096);
        int heads = config.count("num_attention_heads", 32);
        int kvHeads = config.count("num_key_value_heads", heads);
        int headDim = config.count("head_dim", Math.max(1, width / heads));
        if (heads % kvHeads != 0) {
            throw config.wrong("num_key_value_heads", "a divisor of num_attention_heads " + heads, kvHeads);
        }
        if ((long) heads * headDim > MAX_WIDTH) {
            throw config.wrong("head_dim", "such that all heads have at most " + MAX_WIDTH + " channels", headDim);
        }
        if (headDim % 2 != 0) {
            throw config.wrong("head_dim", "even, for rotary positions", headDim);
        }
        return new LlamaConfig(
                width,
                config.count("intermediate_size", 11008),
                config.count("num_hidden_layers", 32),
                heads,
                kvHeads,
                headDim,
                config.count("vocab_size", 32000),
                config.count("max_position_embeddings", 2048),
                Activation.of(config.text("hidden_act", "silu")),
                config.positive("rms_norm_eps", 1e-6),
                config.flag("attention_bias", false),
                config.flag("mlp_bias", false),
                config.flag("tie_word_embeddings", false) || tiedAbove,
                rotary(config, headDim));
    }

    /** Scale of the attention scores: one over the root of the head width. */
    public double scale() {
        return 1 / Math.sqrt(headDim);
    }

    /** Older files have {@code rope_theta} and {@code rope_scaling}, newer ones {@code rope_parameters}. */
    private static RotaryEmbedding rotary(ModelConfig config, int headDim) {
        String key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
        ModelConfig scaling = config.child(key);
        double theta = scaling.positive("rope_theta", config.positive("rope_theta", 10000));
        String type = scaling.text("rope_type", scaling.text("type", "default"));
        return switch (type) {
            case "default" -> RotaryEmbedding.plain(headDim, theta);
            case "linear" -> RotaryEmbedding.linear(headDim, theta, scaling.positive("factor", 1));
            case "llama3" ->
                RotaryEmbedding.llama3(
                        headDim,
                        theta,
                        scaling.positive("factor", 8),
                        scaling.positive("low_freq_factor", 1),
                        scaling.positive("high_freq_factor", 4),
                        scaling.positive("original_max_position_embeddings", 8192));
            default -> throw scaling.wrong("rope_type", "default, linear or llama3", type);
        };
    }
}

package dev.fovea.core.model.family;

import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.layer.RotaryFrequencies;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.language.DecoderOptions;
import java.util.Arrays;

/**
 * Reads the language model's part of a configuration; missing keys take the defaults of {@code transformers}' class of
 * that {@code model_type}.
 */
public final class DecoderConfig {
    /** Channels of all heads together, far above any model. */
    private static final int MAX_WIDTH = 1 << 24;

    private static final String SECTIONS = "mrope_section";

    private DecoderConfig() {}

    /** Defaults and habits in which the model types differ. */
    public enum Kind {
        LLAMA(4096, 11008, 32, 32000, 2048, 1e-6, 10_000),
        QWEN2(8192, 29568, 80, 152064, 32768, 1e-5, 1_000_000);

        private final int width;
        private final int mlpWidth;
        private final int layers;
        private final int vocabulary;
        private final int context;
        private final double eps;
        private final double theta;

        Kind(int width, int mlpWidth, int layers, int vocabulary, int context, double eps, double theta) {
            this.width = width;
            this.mlpWidth = mlpWidth;
            this.layers = layers;
            this.vocabulary = vocabulary;
            this.context = context;
            this.eps = eps;
            this.theta = theta;
        }
    }

    /**
     * Reads a {@code text_config}.
     *
     * @param tiedAbove whether the object around it says {@code tie_word_embeddings}; either place is enough
     */
    public static DecoderOptions read(Kind kind, ModelConfig config, boolean tiedAbove) {
        int width = config.count("hidden_size", kind.width);
        int heads = config.count("num_attention_heads", kind == Kind.QWEN2 ? 64 : 32);
        int kvHeads = config.count("num_key_value_heads", kind == Kind.QWEN2 ? Math.min(8, heads) : heads);
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
        if (config.flag("use_sliding_window", false)) {
            throw config.wrong("use_sliding_window", "false: Fovea attends to the whole context", true);
        }
        boolean bias = config.flag("attention_bias", false);
        return new DecoderOptions(
                width,
                config.count("intermediate_size", kind.mlpWidth),
                config.count("num_hidden_layers", kind.layers),
                heads,
                kvHeads,
                headDim,
                config.count("vocab_size", kind.vocabulary),
                config.count("max_position_embeddings", kind.context),
                config.activation("hidden_act", "silu"),
                config.positive("rms_norm_eps", kind.eps),
                bias || kind == Kind.QWEN2,
                bias,
                config.flag("mlp_bias", false),
                false,
                config.flag("tie_word_embeddings", false) || tiedAbove,
                rotary(kind, config, headDim));
    }

    /** Older files have {@code rope_theta} and {@code rope_scaling}, newer ones {@code rope_parameters}. */
    private static RotaryEmbedding rotary(Kind kind, ModelConfig config, int headDim) {
        ModelConfig scaling = rope(config);
        double theta = scaling.positive("rope_theta", config.positive("rope_theta", kind.theta));
        String type = scaling.text("rope_type", scaling.text("type", "default"));
        double factor = scaling.positive("factor", 1);
        double context = scaling.positive(
                "original_max_position_embeddings", config.count("max_position_embeddings", kind.context));
        return switch (type) {
            case "default", "mrope" -> inSections(scaling, RotaryEmbedding.plain(headDim, theta));
            case "linear" -> new RotaryEmbedding(RotaryFrequencies.linear(headDim, theta, factor), 1f);
            case "llama3" ->
                new RotaryEmbedding(
                        RotaryFrequencies.llama3(
                                headDim,
                                theta,
                                scaling.positive("factor", 8),
                                scaling.positive("low_freq_factor", 1),
                                scaling.positive("high_freq_factor", 4),
                                scaling.positive("original_max_position_embeddings", 8192)),
                        1f);
            case "yarn" ->
                new RotaryEmbedding(
                        RotaryFrequencies.yarn(
                                headDim,
                                theta,
                                factor,
                                scaling.positive("beta_fast", 32),
                                scaling.positive("beta_slow", 1),
                                context),
                        (float) scaling.positive("attention_factor", RotaryFrequencies.yarnAttention(factor)));
            default -> throw scaling.wrong("rope_type", "default, linear, llama3 or yarn", type);
        };
    }

    /** Axes of multimodal positions take the frequencies in turn. */
    private static RotaryEmbedding inSections(ModelConfig scaling, RotaryEmbedding plain) {
        if (!scaling.has(SECTIONS)) {
            return plain;
        }
        int[] sections = scaling.integers(SECTIONS);
        try {
            return plain.inSections(sections);
        } catch (IllegalArgumentException e) {
            throw scaling.wrong(SECTIONS, "sections that add up to half of a head", Arrays.toString(sections));
        }
    }

    /** Where a configuration keeps what its rotary positions are like. */
    static ModelConfig rope(ModelConfig config) {
        return config.child(config.has("rope_parameters") ? "rope_parameters" : "rope_scaling");
    }
}

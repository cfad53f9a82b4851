package dev.fovea.core.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.layer.RotaryFrequencies;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.DecoderOptions.Variant;
import dev.fovea.core.model.language.SlidingWindows;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/**
 * Reads the language model's part of a configuration; missing keys take the defaults of {@code transformers}' class of
 * that {@code model_type}.
 */
public final class DecoderConfig {
    /** Channels of all heads together, far above any model. */
    private static final int MAX_WIDTH = 1 << 24;

    /** Far above any model too. */
    private static final int MAX_LAYERS = 1 << 14;

    private static final String SLIDING = "sliding_attention";
    private static final String FULL = "full_attention";
    private static final String SECTIONS = "mrope_section";
    private static final String TYPE = "model_type";
    private static final String SWITCH = "use_sliding_window";
    private static final String CONTEXT = "max_position_embeddings";

    /** The window of models that ask for one without saying how long. */
    private static final int WINDOW = 4096;

    private DecoderConfig() {}

    /** Defaults and habits in which the model types differ. */
    public enum Kind {
        LLAMA(new Sizes(4096, 11008, 32, 32, 0, 0, 32000, 2048), 1e-6, 10_000),
        MISTRAL(new Sizes(4096, 14336, 32, 32, 8, 0, 32000, 131_072), 1e-6, 10_000),
        QWEN2(new Sizes(4096, 22016, 32, 32, 32, 0, 151_936, 32768), 1e-6, 10_000),
        QWEN2_VL(new Sizes(8192, 29568, 80, 64, 8, 0, 152_064, 32768), 1e-5, 1_000_000),
        QWEN3(new Sizes(4096, 22016, 32, 32, 32, 128, 151_936, 32768), 1e-6, 10_000),
        QWEN3_VL(new Sizes(4096, 22016, 32, 32, 32, 128, 151_936, 128_000), 1e-6, 500_000);

        private final Sizes sizes;
        private final double eps;
        private final double theta;

        Kind(Sizes sizes, double eps, double theta) {
            this.sizes = sizes;
            this.eps = eps;
            this.theta = theta;
        }

        /**
         * The kind of a language model that is a part of a larger one.
         *
         * @throws RuntimeException with one sentence that names the file, if it is none of these
         */
        public static Kind of(ModelConfig text) {
            Map<String, Kind> known = new TreeMap<>(Map.of(
                    "llama", LLAMA, "mistral", MISTRAL, "qwen2", QWEN2, "qwen3", QWEN3, "qwen2_vl_text", QWEN2_VL));
            String type = text.text(TYPE, "llama");
            Kind kind = known.get(type);
            if (kind == null) {
                throw text.unknown(TYPE, type, List.copyOf(known.keySet()));
            }
            return kind;
        }

        /** Whether queries, keys and values have biases that no key of the configuration speaks of. */
        private boolean hasBiases() {
            return this == QWEN2 || this == QWEN2_VL;
        }

        private boolean normalisesHeads() {
            return this == QWEN3 || this == QWEN3_VL;
        }
    }

    /** Default sizes; 0 key/value heads are as many as there are heads, a width of 0 a share of the whole. */
    private record Sizes(
            int width, int mlpWidth, int layers, int heads, int kvHeads, int headDim, int vocabulary, int context) {}

    /**
     * Reads a {@code text_config}.
     *
     * @param tiedAbove whether the object around it says {@code tie_word_embeddings}; either place is enough
     */
    public static DecoderOptions read(Kind kind, ModelConfig config, boolean tiedAbove) {
        Sizes usual = kind.sizes;
        int width = config.count("hidden_size", usual.width);
        int heads = config.count("num_attention_heads", usual.heads);
        int kvHeads = config.count("num_key_value_heads", usual.kvHeads == 0 ? heads : Math.min(usual.kvHeads, heads));
        int headDim = config.count("head_dim", usual.headDim == 0 ? Math.max(1, width / heads) : usual.headDim);
        int layers = config.count("num_hidden_layers", usual.layers);
        if (layers > MAX_LAYERS) {
            throw config.wrong("num_hidden_layers", "at most " + MAX_LAYERS, layers);
        }
        if (heads % kvHeads != 0) {
            throw config.wrong("num_key_value_heads", "a divisor of num_attention_heads " + heads, kvHeads);
        }
        if ((long) heads * headDim > MAX_WIDTH) {
            throw config.wrong("head_dim", "such that all heads have at most " + MAX_WIDTH + " channels", headDim);
        }
        if (headDim % 2 != 0) {
            throw config.wrong("head_dim", "even, for rotary positions", headDim);
        }
        int context = config.count(CONTEXT, usual.context);
        boolean bias = config.flag("attention_bias", false);
        return new DecoderOptions(
                width,
                config.count("intermediate_size", usual.mlpWidth),
                layers,
                heads,
                kvHeads,
                headDim,
                config.count("vocab_size", usual.vocabulary),
                context,
                config.activation("hidden_act", "silu"),
                config.positive("rms_norm_eps", kind.eps),
                bias || kind.hasBiases(),
                bias,
                config.flag("mlp_bias", false),
                kind.normalisesHeads(),
                config.flag("tie_word_embeddings", false) || tiedAbove,
                rotary(kind, config, headDim),
                Variant.none(headDim).withWindows(windows(kind, config, layers, context)));
    }

    /** Mistral's windows are everywhere where a length is given, Qwen's from a layer on where they are switched on. */
    private static SlidingWindows windows(Kind kind, ModelConfig config, int layers, int context) {
        String key = "sliding_window";
        int window = config.count(key, WINDOW);
        if (window >= context) {
            // Nothing is ever out of sight.
            return SlidingWindows.none();
        }
        boolean asked = kind == Kind.MISTRAL
                ? config.has(key) || !config.node().has(key)
                : kind != Kind.LLAMA && config.flag(SWITCH, false);
        if (asked && kind == Kind.QWEN2_VL) {
            throw config.wrong(SWITCH, "false: with positions of rows and columns Fovea attends to everything", true);
        }
        int first = kind == Kind.MISTRAL ? 0 : config.count("max_window_layers", 28);
        return asked
                ? new SlidingWindows(window, slidingLayers(config, layers, layer -> layer >= first), null)
                : SlidingWindows.none();
    }

    /**
     * Which layers have windows: those that {@code layer_types} calls so.
     *
     * @param usual what holds for a layer where that key is missing
     */
    static Set<Integer> slidingLayers(ModelConfig config, int layers, IntPredicate usual) {
        String key = "layer_types";
        JsonNode listed = config.node().path(key);
        if (listed.isArray() && listed.size() != layers) {
            throw config.wrong(key, "a list of " + layers + " kinds, one a layer", "a list of " + listed.size());
        }
        Set<Integer> sliding = new HashSet<>();
        for (int i = 0; i < layers; i++) {
            String type = listed.path(i).asText(usual.test(i) ? SLIDING : FULL);
            if (!type.equals(SLIDING) && !type.equals(FULL)) {
                throw config.wrong(key, "'" + SLIDING + "' or '" + FULL + "' for each layer", type);
            }
            if (type.equals(SLIDING)) {
                sliding.add(i);
            }
        }
        return sliding;
    }

    /** Older files have {@code rope_theta} and {@code rope_scaling}, newer ones {@code rope_parameters}. */
    private static RotaryEmbedding rotary(Kind kind, ModelConfig config, int headDim) {
        ModelConfig scaling = rope(config);
        double theta = scaling.positive("rope_theta", config.positive("rope_theta", kind.theta));
        String type = scaling.text("rope_type", scaling.text("type", "default"));
        double factor = scaling.positive("factor", 1);
        double context =
                scaling.positive("original_max_position_embeddings", config.count(CONTEXT, kind.sizes.context));
        return inSections(
                kind,
                scaling,
                switch (type) {
                    case "default", "mrope" -> RotaryEmbedding.plain(headDim, theta);
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
                });
    }

    /**
     * Axes of multimodal positions take the frequencies in turn, Qwen3's one frequency each. A model without pictures has
     * one axis, whatever its configuration has kept: where all axes are equal, so are the positions.
     */
    private static RotaryEmbedding inSections(Kind kind, ModelConfig scaling, RotaryEmbedding counted) {
        int[] usual = switch (kind) {
            case QWEN2_VL -> new int[] {16, 24, 24};
            case QWEN3_VL -> new int[] {24, 20, 20};
            default -> new int[0];
        };
        if (usual.length == 0) {
            return counted;
        }
        int[] sections = scaling.integers(SECTIONS, usual);
        try {
            return kind == Kind.QWEN3_VL ? counted.interleaved(sections) : counted.inSections(sections);
        } catch (IllegalArgumentException e) {
            throw scaling.wrong(SECTIONS, "sections that add up to half of a head", Arrays.toString(sections));
        }
    }

    /** Where a configuration keeps what its rotary positions are like. */
    static ModelConfig rope(ModelConfig config) {
        return config.child(config.has("rope_parameters") ? "rope_parameters" : "rope_scaling");
    }
}

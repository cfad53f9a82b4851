package dev.fovea.core.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.layer.RotaryFrequencies;
import dev.fovea.core.model.ModelConfig;
import dev.fovea.core.model.NormKind;
import dev.fovea.core.model.Rename;
import dev.fovea.core.model.language.DecoderOptions;
import dev.fovea.core.model.language.DecoderOptions.Variant;
import dev.fovea.core.model.language.MutualSight;
import dev.fovea.core.model.language.SlidingWindows;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the configurations of Gemma (arXiv 2403.08295), Gemma 2 (arXiv 2408.00118) and Gemma 3 (arXiv 2503.19786) as
 * language models; missing keys take the defaults of {@code transformers}' class of that {@code model_type}.
 */
final class GemmaText {
    private static final String SLIDING = "sliding_attention";
    private static final String FULL = "full_attention";
    private static final double THETA = 10_000;

    /** Channels of all heads together, far above any model. */
    private static final int MAX_WIDTH = 1 << 24;

    /** Far above any model too. */
    private static final int MAX_LAYERS = 1 << 14;

    private GemmaText() {}

    /** Names of a SigLIP encoder and a Gemma in one file, whatever lies between them. */
    static List<Rename> renames(Rename... connector) {
        List<Rename> all = new ArrayList<>(List.of(connector));
        all.add(Rename.of("^(model\\.)?vision_tower\\.(vision_model\\.)?", "vision."));
        all.add(Rename.of("^vision\\.encoder\\.", "vision."));
        all.add(Rename.of("^(model\\.)?(language_model\\.)?lm_head\\.", "lm_head."));
        all.add(Rename.of("^(model\\.)?language_model\\.(model\\.)?", "text."));
        return List.copyOf(all);
    }

    /** Defaults in which the generations differ; 0 stands for none. */
    private enum Kind {
        GEMMA(3072, 24576, 28, 16, 16, 256_000, 8192, 0, 0, 0),
        GEMMA2(2304, 9216, 26, 8, 4, 256_000, 8192, 2, 50, 30),
        GEMMA3(2304, 9216, 26, 8, 4, 262_208, 131_072, 6, 0, 0);

        private final int width;
        private final int mlpWidth;
        private final int layers;
        private final int heads;
        private final int kvHeads;
        private final int vocabulary;
        private final int context;
        /** Every so many layers one sees everything. */
        private final int pattern;

        private final double attentionCap;
        private final double logitCap;

        Kind(
                int width,
                int mlpWidth,
                int layers,
                int heads,
                int kvHeads,
                int vocabulary,
                int context,
                int pattern,
                double attentionCap,
                double logitCap) {
            this.width = width;
            this.mlpWidth = mlpWidth;
            this.layers = layers;
            this.heads = heads;
            this.kvHeads = kvHeads;
            this.vocabulary = vocabulary;
            this.context = context;
            this.pattern = pattern;
            this.attentionCap = attentionCap;
            this.logitCap = logitCap;
        }
    }

    /**
     * Reads a {@code text_config}.
     *
     * @param usual the {@code model_type} of one that names none
     * @param mutual which tokens of a prompt see each other both ways
     */
    static DecoderOptions read(ModelConfig t, String usual, MutualSight mutual) {
        String type = t.text("model_type", usual);
        Kind kind = switch (type) {
            case "gemma" -> Kind.GEMMA;
            case "gemma2" -> Kind.GEMMA2;
            case "gemma3_text" -> Kind.GEMMA3;
            default -> throw t.unknown("model_type", type, List.of("gemma", "gemma2", "gemma3_text"));
        };
        if (mutual != MutualSight.PROMPT && t.flag("use_bidirectional_attention", false)) {
            throw t.wrong("use_bidirectional_attention", "false: Fovea runs Gemma as a model that answers", true);
        }
        int width = t.count("hidden_size", kind.width);
        int heads = t.count("num_attention_heads", kind.heads);
        int kvHeads = t.count("num_key_value_heads", Math.min(kind.kvHeads, heads));
        int headDim = t.count("head_dim", 256);
        if (heads % kvHeads != 0) {
            throw t.wrong("num_key_value_heads", "a divisor of num_attention_heads " + heads, kvHeads);
        }
        if ((long) heads * headDim > MAX_WIDTH || headDim % 2 != 0) {
            throw t.wrong("head_dim", "even, and all heads at most " + MAX_WIDTH + " channels wide", headDim);
        }
        int layers = t.count("num_hidden_layers", kind.layers);
        if (layers > MAX_LAYERS) {
            throw t.wrong("num_hidden_layers", "at most " + MAX_LAYERS, layers);
        }
        boolean bias = t.flag("attention_bias", false);
        return new DecoderOptions(
                width,
                t.count("intermediate_size", kind.mlpWidth),
                layers,
                heads,
                kvHeads,
                headDim,
                t.count("vocab_size", kind.vocabulary),
                t.count("max_position_embeddings", kind.context),
                activation(kind, t),
                t.positive("rms_norm_eps", 1e-6),
                bias,
                bias,
                false,
                kind == Kind.GEMMA3,
                t.flag("tie_word_embeddings", true),
                kind == Kind.GEMMA3
                        ? layered(t, FULL, headDim)
                        : rotary(DecoderConfig.rope(t), t.positive("rope_theta", THETA), headDim),
                new Variant(
                        NormKind.RMS_FROM_ONE,
                        kind != Kind.GEMMA,
                        1 / Math.sqrt(kind == Kind.GEMMA ? headDim : t.positive("query_pre_attn_scalar", 256)),
                        cap(t, "attn_logit_softcapping", kind.attentionCap),
                        cap(t, "final_logit_softcapping", kind.logitCap),
                        Math.sqrt(width),
                        windows(kind, t, layers, headDim),
                        mutual));
    }

    /** The first files say {@code gelu} and mean its approximation. */
    private static Activation activation(Kind kind, ModelConfig t) {
        String key = kind == Kind.GEMMA ? "hidden_act" : "hidden_activation";
        Activation found = t.activation(key, "gelu_pytorch_tanh");
        return kind == Kind.GEMMA && found == Activation.GELU ? Activation.GELU_TANH : found;
    }

    /** A key that is there and null asks for none. */
    private static double cap(ModelConfig t, String key, double usual) {
        JsonNode node = t.node().path(key);
        return node.isNull() ? 0 : node.isMissingNode() ? usual : t.positive(key, usual);
    }

    private static SlidingWindows windows(Kind kind, ModelConfig t, int layers, int headDim) {
        boolean off = t.node().path("sliding_window").isNull();
        if (kind.pattern == 0 || off) {
            return SlidingWindows.none();
        }
        return new SlidingWindows(
                t.count("sliding_window", 4096), windowed(kind, t, layers), inWindows(kind, t, headDim));
    }

    private static @Nullable RotaryEmbedding inWindows(Kind kind, ModelConfig t, int headDim) {
        return kind == Kind.GEMMA3 ? layered(t, SLIDING, headDim) : null;
    }

    private static Set<Integer> windowed(Kind kind, ModelConfig t, int layers) {
        int pattern = kind == Kind.GEMMA3 ? t.count("sliding_window_pattern", kind.pattern) : kind.pattern;
        return DecoderConfig.slidingLayers(t, layers, layer -> (layer + 1) % pattern != 0);
    }

    /** Gemma 3: newer files describe the positions of each kind of layer, older ones scale those of full layers alone. */
    private static RotaryEmbedding layered(ModelConfig t, String type, int headDim) {
        boolean full = type.equals(FULL);
        double theta = full ? t.positive("rope_theta", 1_000_000) : t.positive("rope_local_base_freq", THETA);
        if (t.has("rope_parameters")) {
            return rotary(t.child("rope_parameters").child(type), theta, headDim);
        }
        return full ? rotary(t.child("rope_scaling"), theta, headDim) : RotaryEmbedding.plain(headDim, theta);
    }

    private static RotaryEmbedding rotary(ModelConfig scaling, double theta, int headDim) {
        double base = scaling.positive("rope_theta", theta);
        String type = scaling.text("rope_type", scaling.text("type", "default"));
        return switch (type) {
            case "default" -> RotaryEmbedding.plain(headDim, base);
            case "linear" ->
                new RotaryEmbedding(RotaryFrequencies.linear(headDim, base, scaling.positive("factor", 1)), 1f);
            default -> throw scaling.wrong("rope_type", "default or linear", type);
        };
    }
}

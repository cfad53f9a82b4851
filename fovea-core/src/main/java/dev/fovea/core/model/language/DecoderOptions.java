package dev.fovea.core.model.language;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.RotaryEmbedding;
import dev.fovea.core.model.NormKind;

/**
 * What one decoder is like: the choices in which the language models of published families differ.
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
 * @param qkvBias whether queries, keys and values have biases
 * @param outBias whether the attention's output has
 * @param mlpBias whether the MLP's linear layers have biases
 * @param queryKeyNorm whether the queries and keys of a head are normalised (Qwen3)
 * @param tied whether the head is the token embedding
 * @param rotary position embedding
 * @param variant where it departs from Llama's layers
 */
public record DecoderOptions(
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
        boolean qkvBias,
        boolean outBias,
        boolean mlpBias,
        boolean queryKeyNorm,
        boolean tied,
        RotaryEmbedding rotary,
        Variant variant) {

    /** Llama's layers. */
    public DecoderOptions(
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
            boolean qkvBias,
            boolean outBias,
            boolean mlpBias,
            boolean queryKeyNorm,
            boolean tied,
            RotaryEmbedding rotary) {
        this(
                width,
                mlpWidth,
                layers,
                heads,
                kvHeads,
                headDim,
                vocabulary,
                contextLength,
                activation,
                eps,
                qkvBias,
                outBias,
                mlpBias,
                queryKeyNorm,
                tied,
                rotary,
                Variant.none(headDim));
    }

    /**
     * Where a decoder departs from Llama's layers.
     *
     * @param norm kind of its norms
     * @param sandwich whether what attention and MLP add is normed too (Gemma 2, arXiv 2408.00118, section 2)
     * @param attentionScale factor on the attention scores
     * @param attentionCap scores {@code s} become {@code cap * tanh(s / cap)} before any mask; 0 where they do not
     * @param logitCap the same for the logits of the next token
     * @param embeddingScale factor on the embeddings of words, rounded to the working type; visual tokens have none
     * @param windows which layers see only so far back
     * @param mutual which tokens of a prompt see each other both ways
     */
    public record Variant(
            NormKind norm,
            boolean sandwich,
            double attentionScale,
            double attentionCap,
            double logitCap,
            double embeddingScale,
            SlidingWindows windows,
            MutualSight mutual) {

        /** The same with windows. */
        public Variant withWindows(SlidingWindows some) {
            return new Variant(norm, sandwich, attentionScale, attentionCap, logitCap, embeddingScale, some, mutual);
        }

        /** Llama's layers. */
        public static Variant none(int headDim) {
            return new Variant(
                    NormKind.RMS, false, 1 / Math.sqrt(headDim), 0, 0, 1, SlidingWindows.none(), MutualSight.NONE);
        }
    }

    /** The position embedding of a layer. */
    public RotaryEmbedding rotary(int layer) {
        RotaryEmbedding inWindows = variant.windows().rotary();
        return inWindows != null && variant.windows().of(layer) > 0 ? inWindows : rotary;
    }
}

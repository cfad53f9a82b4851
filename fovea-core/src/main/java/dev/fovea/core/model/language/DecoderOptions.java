package dev.fovea.core.model.language;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.layer.RotaryEmbedding;

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
        RotaryEmbedding rotary) {}

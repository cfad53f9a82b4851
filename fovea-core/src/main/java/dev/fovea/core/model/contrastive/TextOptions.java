package dev.fovea.core.model.contrastive;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.model.ModelConfig;
import java.util.Arrays;

/**
 * What the text tower of a contrastive model is like.
 *
 * @param width channels
 * @param mlpWidth inner channels of the MLP
 * @param layers transformer blocks
 * @param heads attention heads
 * @param vocabulary entries of the token embedding
 * @param contextLength longest text, in tokens
 * @param activation of the MLP
 * @param eps of the layer norms
 * @param eosToken the token whose state stands for the text; 2 in checkpoints saved before this was configured
 *     correctly, where the token with the largest id is meant; not asked for where {@code bothWays}
 * @param bothWays whether every token sees every other and the last one, usually a filling one, stands for the text
 *     (SigLIP), rather than each those before it and the end of text for all (CLIP)
 */
public record TextOptions(
        int width,
        int mlpWidth,
        int layers,
        int heads,
        int vocabulary,
        int contextLength,
        Activation activation,
        double eps,
        int eosToken,
        boolean bothWays) {

    /** The {@code eos_token_id} that early checkpoints carry by mistake. */
    private static final int LEGACY_EOS = 2;

    /** Reads a {@code text_config}; missing keys take the defaults of Hugging Face's {@code SiglipTextConfig}. */
    public static TextOptions siglip(ModelConfig config) {
        return checked(
                config,
                new TextOptions(
                        config.count("hidden_size", 768),
                        config.count("intermediate_size", 3072),
                        config.count("num_hidden_layers", 12),
                        config.count("num_attention_heads", 12),
                        config.count("vocab_size", 32_000),
                        config.count("max_position_embeddings", 64),
                        config.activation("hidden_act", "gelu_pytorch_tanh"),
                        config.positive("layer_norm_eps", 1e-6),
                        0,
                        true));
    }

    /** Reads a {@code text_config}; missing keys take the defaults of Hugging Face's {@code CLIPTextConfig}. */
    public static TextOptions of(ModelConfig config) {
        TextOptions c = new TextOptions(
                config.count("hidden_size", 512),
                config.count("intermediate_size", 2048),
                config.count("num_hidden_layers", 12),
                config.count("num_attention_heads", 8),
                config.count("vocab_size", 49408),
                config.count("max_position_embeddings", 77),
                config.activation("hidden_act", "quick_gelu"),
                config.positive("layer_norm_eps", 1e-5),
                config.integer("eos_token_id", 49407),
                false);
        return checked(config, c);
    }

    private static TextOptions checked(ModelConfig config, TextOptions c) {
        if (c.width % c.heads != 0) {
            throw config.wrong("num_attention_heads", "a divisor of hidden_size " + c.width, c.heads);
        }
        return c;
    }

    /** Whether a framed text holds the token whose state stands for it. */
    public boolean endsIn(int... ids) {
        return ids.length > 0
                && (bothWays || eosToken == LEGACY_EOS || Arrays.stream(ids).anyMatch(id -> id == eosToken));
    }

    /** The position whose state stands for the text: the first end-of-text token, or the last of all. */
    int pooledPosition(int[] ids) {
        if (bothWays) {
            return ids.length - 1;
        }
        int best = 0;
        for (int i = 0; i < ids.length; i++) {
            if (eosToken == LEGACY_EOS ? ids[i] > ids[best] : ids[i] == eosToken) {
                best = i;
                if (eosToken != LEGACY_EOS) {
                    return i;
                }
            }
        }
        return best;
    }
}

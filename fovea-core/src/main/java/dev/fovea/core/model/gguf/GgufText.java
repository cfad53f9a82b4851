package dev.fovea.core.model.gguf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * How llama.cpp writes language models of an architecture.
 *
 * @param modelType the {@code model_type} of such a model by itself
 * @param layer names of what a layer holds
 * @param pairs whether the channels of a head's queries and keys lie in the pairs that are rotated together
 * @param aboveOne whether norms lie as the factors that they are, which a checkpoint holds as what they are above one
 * @param more puts into its configuration what other architectures do not have
 */
public record GgufText(
        String modelType,
        Map<String, String> layer,
        boolean pairs,
        boolean aboveOne,
        BiConsumer<GgufValues, ObjectNode> more) {

    public GgufText {
        layer = Map.copyOf(layer);
    }

    /** Names of all its tensors. */
    GgufNames names() {
        return new GgufNames(
                Map.of("token_embd", "text.embed_tokens", "output_norm", "text.norm", "output", "lm_head"),
                List.of(GgufNames.Blocks.of("blk.", "text.layers.", layer)));
    }
}

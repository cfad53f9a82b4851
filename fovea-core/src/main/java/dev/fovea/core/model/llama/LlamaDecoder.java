package dev.fovea.core.model.llama;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.RmsNorm;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a Llama decoder; the path runs the layers.
 *
 * @param tokens {@code [vocabulary, width]}, in the type as stored unless it is also the head
 * @param layers in order
 * @param norm before the head
 * @param head {@code [vocabulary, width]}
 * @param dtype the working type
 */
public record LlamaDecoder(
        LlamaConfig config, Tensor tokens, List<LlamaLayer> layers, RmsNorm norm, Linear head, DType dtype) {

    private static final String EMBEDDING = "embed_tokens.weight";
    private static final String HEAD = "lm_head";

    /**
     * Loads a decoder.
     *
     * @param c the configuration
     * @param w stands at {@code embed_tokens.}, {@code layers.} and {@code norm.}
     * @param headWeights stands at {@code lm_head.}; null where there is no such tensor
     */
    public static LlamaDecoder load(LlamaConfig c, Weights w, @Nullable Weights headWeights) {
        List<LlamaLayer> layers = new ArrayList<>();
        for (int i = 0; i < c.layers(); i++) {
            layers.add(LlamaLayer.load(c, w.under("layers." + i + ".")));
        }
        boolean apart = headWeights != null && !(c.tied() && same(c, w, headWeights));
        Weights shared = headWeights == null || w.contains(EMBEDDING) ? w : headWeights;
        String name = shared == w ? EMBEDDING : HEAD + ".weight";
        Tensor tokens =
                apart ? w.stored(EMBEDDING, c.vocabulary(), c.width()) : shared.tensor(name, c.vocabulary(), c.width());
        return new LlamaDecoder(
                c,
                tokens,
                List.copyOf(layers),
                w.rmsNorm("norm", c.width(), c.eps()),
                headWeights != null && apart
                        ? headWeights.linear(HEAD, c.vocabulary(), c.width(), false)
                        : new Linear(tokens, null),
                w.dtype());
    }

    /**
     * Whether a head that the configuration ties to the embedding is the embedding. As in {@code transformers}, the
     * file decides: only one of the two is there, or both are and hold the same numbers.
     */
    private static boolean same(LlamaConfig c, Weights w, Weights headWeights) {
        return !w.contains(EMBEDDING)
                || w.stored(EMBEDDING, c.vocabulary(), c.width())
                        .equal(headWeights.stored(HEAD + ".weight", c.vocabulary(), c.width()));
    }

    /** Embeddings of tokens: {@code [ids, width]}. */
    public Tensor embed(int[] ids) {
        return Tensors.to(tokens.index_select(0, Tensors.indices(ids)), dtype);
    }

    /** Next-token logits in f32: {@code [tokens, width] -> [tokens, vocabulary]}. */
    public Tensor logits(Tensor hidden) {
        return Tensors.to(head.forward(norm.forward(hidden)), DType.F32);
    }
}

package dev.fovea.core.model.llama;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.RmsNorm;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

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

    /**
     * Loads a decoder.
     *
     * @param c the configuration
     * @param w stands at {@code embed_tokens.}, {@code layers.} and {@code norm.}
     * @param headWeights stands at {@code lm_head.}
     */
    public static LlamaDecoder load(LlamaConfig c, Weights w, Weights headWeights) {
        List<LlamaLayer> layers = new ArrayList<>();
        for (int i = 0; i < c.layers(); i++) {
            layers.add(LlamaLayer.load(c, w.under("layers." + i + ".")));
        }
        String name = "embed_tokens.weight";
        Tensor tokens =
                c.tied() ? w.tensor(name, c.vocabulary(), c.width()) : w.stored(name, c.vocabulary(), c.width());
        return new LlamaDecoder(
                c,
                tokens,
                List.copyOf(layers),
                w.rmsNorm("norm", c.width(), c.eps()),
                c.tied() ? new Linear(tokens, null) : headWeights.linear("lm_head", c.vocabulary(), c.width(), false),
                w.dtype());
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

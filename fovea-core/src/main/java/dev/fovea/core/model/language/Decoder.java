package dev.fovea.core.model.language;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.Norm;
import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The weights of a decoder-only language model; the path runs the layers.
 *
 * @param tokens {@code [vocabulary, width]}, in the type as stored unless it is also the head
 * @param layers in order
 * @param norm before the head
 * @param head {@code [vocabulary, width]}
 * @param dtype the working type
 */
public record Decoder(
        DecoderOptions options, Tensor tokens, List<DecoderLayer> layers, Norm norm, Linear head, DType dtype) {

    private static final String EMBEDDING = "embed_tokens.weight";
    private static final String HEAD = "lm_head";

    /**
     * Loads a decoder.
     *
     * @param w stands at {@code embed_tokens.}, {@code layers.} and {@code norm.}
     * @param above stands at {@code lm_head.}
     */
    public static Decoder load(DecoderOptions o, Weights w, Weights above) {
        List<DecoderLayer> layers = new ArrayList<>();
        for (int i = 0; i < o.layers(); i++) {
            layers.add(DecoderLayer.load(o, i, w.under("layers." + i + ".")));
        }
        boolean shared = o.tied() && one(o, w, above);
        boolean headOnly = !w.contains(EMBEDDING) && above.contains(HEAD + ".weight");
        Tensor tokens;
        if (shared) {
            tokens = headOnly
                    ? above.tensor(HEAD + ".weight", o.vocabulary(), o.width())
                    : w.tensor(EMBEDDING, o.vocabulary(), o.width());
        } else {
            tokens = w.stored(EMBEDDING, o.vocabulary(), o.width());
        }
        return new Decoder(
                o,
                tokens,
                List.copyOf(layers),
                w.norm(o.variant().norm(), "norm", o.width(), o.eps()),
                shared ? new Linear(tokens, null, w.products()) : above.linear(HEAD, o.vocabulary(), o.width(), false),
                w.dtype());
    }

    /**
     * Whether a head that the configuration ties to the embedding is the embedding. As in {@code transformers}, the
     * file decides: only one of the two is there, or both are and hold the same numbers.
     */
    private static boolean one(DecoderOptions o, Weights w, Weights above) {
        return !w.contains(EMBEDDING)
                || !above.contains(HEAD + ".weight")
                || w.stored(EMBEDDING, o.vocabulary(), o.width())
                        .equal(above.stored(HEAD + ".weight", o.vocabulary(), o.width()));
    }

    /** Embeddings of tokens: {@code [ids, width]}. */
    public Tensor embed(int[] ids) {
        Tensor rows = Tensors.to(torch.embedding(tokens, Tensors.indices(ids)), dtype);
        double scale = options.variant().embeddingScale();
        return scale == 1 ? rows : rows.mul(Tensors.full(scale, dtype, 1));
    }

    /** Next-token logits in f32: {@code [tokens, width] -> [tokens, vocabulary]}. */
    public Tensor logits(Tensor hidden) {
        return predict(norm.forward(hidden));
    }

    /** The same of states that the final norm has passed. */
    public Tensor predict(Tensor normed) {
        Tensor logits = Tensors.to(head.forward(normed), DType.F32);
        double cap = options.variant().logitCap();
        return cap == 0 ? logits : Tensors.scale(Tensors.scale(logits, 1 / cap).tanh(), cap);
    }
}

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
import org.jspecify.annotations.Nullable;

/**
 * The weights of a decoder-only language model; the path runs the layers.
 *
 * @param tokens {@code [vocabulary, width]}, in the type as stored unless it is also the head
 * @param layers in order
 * @param norm before the head
 * @param head {@code [vocabulary, width]}
 * @param dtype the working type
 * @param more words behind those of the vocabulary, or null
 */
public record Decoder(
        DecoderOptions options,
        Tensor tokens,
        List<DecoderLayer> layers,
        Norm norm,
        Linear head,
        DType dtype,
        @Nullable MoreWords more) {

    private static final String TABLE = "embed_tokens";
    private static final String EMBEDDING = TABLE + ".weight";
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
                w.dtype(),
                MoreWords.load(w.more(TABLE), above.more(HEAD), w.products()));
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
        Tensor rows = more == null ? rows(ids) : more.embed(ids, options.vocabulary(), this::rows);
        double scale = options.variant().embeddingScale();
        return scale == 1 ? rows : rows.mul(Tensors.full(scale, dtype, 1));
    }

    private Tensor rows(int[] ids) {
        return Tensors.to(torch.embedding(tokens, Tensors.indices(ids)), dtype);
    }

    /**
     * Next-token logits in f32: {@code [tokens, width] -> [tokens, vocabulary]}, those of further words behind the
     * vocabulary's own.
     */
    public Tensor logits(Tensor hidden) {
        return predict(norm.forward(hidden));
    }

    /** The same of states that the final norm has passed. */
    public Tensor predict(Tensor normed) {
        Tensor own = Tensors.to(head.forward(normed), DType.F32);
        Tensor logits = more == null ? own : Tensors.cat(own.dim() - 1, own, more.logits(normed));
        double cap = options.variant().logitCap();
        return cap == 0 ? logits : Tensors.scale(Tensors.scale(logits, 1 / cap).tanh(), cap);
    }
}

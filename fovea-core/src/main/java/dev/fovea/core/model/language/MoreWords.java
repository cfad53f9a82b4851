package dev.fovea.core.model.language;

import dev.fovea.core.layer.Linear;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Words behind those of a vocabulary. The tables of the model stay as they are, however they are held.
 *
 * @param tokens {@code [words, width]}, in the working type
 * @param head {@code [words, width]}
 */
public record MoreWords(Tensor tokens, Linear head) {

    /**
     * @param tokens rows of the table of embeddings, or null where there are none
     * @param head those of the head; null for the same ones
     * @throws IllegalArgumentException with one sentence if there are more or fewer of these
     */
    static @Nullable MoreWords load(@Nullable Tensor tokens, @Nullable Tensor head, @Nullable DType products) {
        if (tokens == null) {
            return null;
        }
        Tensor own = head == null ? tokens : head;
        if (!Arrays.equals(Tensors.shape(own), Tensors.shape(tokens))) {
            throw new IllegalArgumentException("A plan adds rows of shape " + Arrays.toString(Tensors.shape(tokens))
                    + " to the embeddings and of shape " + Arrays.toString(Tensors.shape(own)) + " to the head.");
        }
        return new MoreWords(tokens, new Linear(own, null, products));
    }

    /**
     * Embeddings of tokens, some of which may be words of these.
     *
     * @param first id of the first of these
     * @param own embeddings of other tokens
     */
    Tensor embed(int[] ids, int first, Function<int[], Tensor> own) {
        if (Arrays.stream(ids).allMatch(id -> id < first)) {
            return own.apply(ids);
        }
        // Both tables are looked up at places that they have; each token then takes its own.
        Tensor known =
                own.apply(Arrays.stream(ids).map(id -> id < first ? id : 0).toArray());
        Tensor further = torch.embedding(
                tokens,
                Tensors.indices(Arrays.stream(ids)
                        .map(id -> id < first ? 0 : id - first)
                        .toArray()));
        float[] is = new float[ids.length];
        for (int i = 0; i < is.length; i++) {
            is[i] = ids[i] < first ? 0 : 1;
        }
        Tensor chosen = Tensors.of(is, is.length, 1).to(torch.ScalarType.Bool);
        return torch.where(chosen, Tensors.to(further, DType.of(known.scalar_type())), known);
    }

    /** What the head makes of normed states, in f32: {@code [tokens, width] -> [tokens, words]}. */
    public Tensor logits(Tensor normed) {
        return Tensors.to(head.forward(normed), DType.F32);
    }
}

package dev.fovea.core.draft;

import dev.fovea.core.model.language.Decoder;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/** What a draft shares with the model whose answers it guesses: its table of embeddings and its head. */
public interface Target {

    /** Embeddings of tokens as they enter the model: {@code [ids, width]}, f32. */
    Tensor embed(int... ids);

    /** What the head makes of final states: {@code [rows, width] -> [rows, vocabulary]}, f32, differentiable. */
    Tensor logits(Tensor states);

    /** Those of a language model. */
    static Target of(Decoder decoder) {
        return new Target() {
            @Override
            public Tensor embed(int... ids) {
                return Tensors.to(decoder.embed(ids), DType.F32);
            }

            @Override
            public Tensor logits(Tensor states) {
                return decoder.predict(Tensors.to(states, decoder.dtype()));
            }
        };
    }
}

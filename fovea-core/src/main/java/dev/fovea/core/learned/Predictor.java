package dev.fovea.core.learned;

import dev.fovea.core.model.Weights;
import org.bytedeco.pytorch.Tensor;

/**
 * What a part of a technique says about tokens, as a function of them: scores, or the logits of a choice. The technique's
 * steps decide by it; a recipe may hold it against a target by itself, away from the model whose states it reads.
 */
@FunctionalInterface
public interface Predictor {

    /**
     * The prediction, differentiable.
     *
     * @param own the technique's weights
     * @param inputs those that the technique documents, each {@code [tokens, width]}, f32
     */
    Tensor predict(Weights own, Tensor... inputs);
}

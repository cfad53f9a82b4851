package dev.fovea.train.nn;

import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Weights that stand still, for a model that is made anew in every step of training: what is made of them belongs to the
 * scope of the step and is freed with it, where a model that lasts would keep it.
 *
 * @param base the weights
 */
public record StepWeights(Weights base) implements Weights {
    @Override
    public DType dtype() {
        return base.dtype();
    }

    @Override
    public @Nullable DType products() {
        return base.products();
    }

    @Override
    public Weights under(String prefix) {
        return new StepWeights(base.under(prefix));
    }

    @Override
    public boolean contains(String name) {
        return base.contains(name);
    }

    @Override
    public Tensor tensor(String name, long... shape) {
        return base.tensor(name, shape);
    }

    @Override
    public Tensor stored(String name, long... shape) {
        return base.stored(name, shape);
    }

    @Override
    public Tensor keep(Tensor tensor) {
        return tensor;
    }
}

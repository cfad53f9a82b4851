package dev.fovea.core.learned;

import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/** Zeros of every shape, all of them one number in memory: for plans that are walked through where no model runs. */
record BlankWeights() implements Weights {

    @Override
    public DType dtype() {
        return DType.F32;
    }

    @Override
    public Weights under(String prefix) {
        return this;
    }

    @Override
    public boolean contains(String name) {
        return true;
    }

    @Override
    public Tensor tensor(String name, long... shape) {
        return Tensors.zeros(DType.F32, 1).expand(shape);
    }

    @Override
    public Tensor stored(String name, long... shape) {
        return tensor(name, shape);
    }

    @Override
    public Tensor keep(Tensor tensor) {
        return tensor;
    }
}

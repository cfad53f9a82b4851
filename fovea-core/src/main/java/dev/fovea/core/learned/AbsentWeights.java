package dev.fovea.core.learned;

import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import org.bytedeco.pytorch.Tensor;

/** Stands in for weights where only shapes matter. */
record AbsentWeights(String technique) implements Weights {

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
        throw new IllegalArgumentException("Technique '" + technique
                + "' was planned without its trained weights; take its plan from the opened model.");
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

package dev.fovea.core.model.quantized;

import dev.fovea.core.kernel.Int8Matrix;
import dev.fovea.core.kernel.QuantizedMatrix;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.TensorInfo;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Weights that lie in few bits in a checkpoint, in the layout of the library compressed-tensors, which vLLM and
 * {@code transformers} read too: in eight bits ({@code int-quantized}) {@code NAME.weight} i8 {@code [out, in]} and
 * {@code NAME.weight_scale [out, 1]}.
 *
 * @param name of the map, without {@code .weight}
 */
record Stored(String name) {
    private static final String WEIGHT = ".weight";
    private static final String SCALE = ".weight_scale";
    private static final Set<DType> NUMBERS = Set.of(DType.F32, DType.BF16, DType.F16);

    /** The codes behind a tensor of numbers, or null if it lies as numbers. */
    static @Nullable Stored of(MappedWeights weights, String tensor) {
        return tensor.endsWith(WEIGHT)
                        && weights.contains(tensor)
                        && weights.info(tensor).dtype() == DType.I8
                ? new Stored(tensor.substring(0, tensor.length() - WEIGHT.length()))
                : null;
    }

    /**
     * The matrix, to be kept as long as the checkpoint.
     *
     * @throws CheckpointException with one sentence if something of it is missing or of another shape
     */
    QuantizedMatrix matrix(MappedWeights weights, long out, long in) {
        try (Scope ignored = Scope.inference()) {
            return Int8Matrix.of(
                    codes(weights, out, in), scales(weights, out), () -> codes(weights, out, in), weights::keep);
        } finally {
            weights.forget(name + WEIGHT);
        }
    }

    /** The numbers that the codes stand for; the open scope owns them. */
    Tensor dense(MappedWeights weights, long[] shape, DType dtype) {
        try (Scope scope = Scope.inference()) {
            Tensor wide = Tensors.to(codes(weights, shape), DType.F32);
            return scope.keep(Tensors.to(wide.mul_(scales(weights, shape[0]).view(-1, 1)), dtype));
        }
    }

    private Tensor codes(MappedWeights weights, long... shape) {
        return weights.fleeting(name + WEIGHT, shape);
    }

    private Tensor scales(MappedWeights weights, long out) {
        Tensor scales = weights.fleeting(name + SCALE, out, 1);
        TensorInfo info = weights.info(name + SCALE);
        if (!NUMBERS.contains(info.dtype())) {
            throw new CheckpointException("Tensor '" + info.name() + "' in " + weights.path() + " is " + info.describe()
                    + ", but scales are numbers in 16 or 32 bits; take a checkpoint that compressed-tensors or 'fovea"
                    + " quantize' wrote");
        }
        return Tensors.to(scales, DType.F32).view(-1);
    }
}

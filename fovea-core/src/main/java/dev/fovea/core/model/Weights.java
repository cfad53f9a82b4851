package dev.fovea.core.model;

import dev.fovea.core.layer.LayerNorm;
import dev.fovea.core.layer.Linear;
import dev.fovea.core.layer.RmsNorm;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.TensorInfo;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The tensors of a checkpoint under one prefix, checked against the shapes that the configuration implies and in the
 * working type. A tensor that already has that type stays in the mapped file; any other is converted once.
 *
 * @param checkpoint where the tensors are
 * @param prefix put before every name
 * @param dtype the working type
 */
public record Weights(Checkpoint checkpoint, String prefix, DType dtype) {

    /** The same checkpoint, further down. */
    public Weights under(String more) {
        return new Weights(checkpoint, prefix + more, dtype);
    }

    /**
     * The first of several prefixes under which {@code marker} exists: checkpoints of one family have been saved under
     * different names over time.
     *
     * @throws CheckpointException if it exists under none
     */
    public Weights underOneOf(String marker, List<String> prefixes) {
        for (String candidate : prefixes) {
            if (checkpoint.contains(prefix + candidate + marker)) {
                return under(candidate);
            }
        }
        throw new CheckpointException(checkpoint.path() + " lacks tensor '" + prefix + prefixes.getFirst() + marker
                + "', nor has it under an older name; it is not the checkpoint that its config.json describes");
    }

    public boolean contains(String name) {
        return checkpoint.contains(prefix + name);
    }

    /**
     * A tensor of exactly this shape, in the working type.
     *
     * @throws CheckpointException if it is missing or has another shape; names the tensor and both shapes
     */
    public Tensor tensor(String name, long... shape) {
        return lasting(Tensors.to(stored(name, shape), dtype));
    }

    /** A tensor of exactly this shape, in the type it is stored in. */
    public Tensor stored(String name, long... shape) {
        String full = prefix + name;
        if (!checkpoint.contains(full)) {
            throw new CheckpointException(checkpoint.path() + " lacks tensor '" + full
                    + "', which config.json asks for with shape " + Arrays.toString(shape)
                    + "; take both from the same checkpoint");
        }
        TensorInfo info = checkpoint.info(full);
        if (!Arrays.equals(info.sizes(), shape)) {
            throw new CheckpointException("Tensor '" + full + "' in " + checkpoint.path() + " has shape "
                    + Arrays.toString(info.sizes()) + ", but config.json asks for "
                    + Arrays.toString(shape) + "; take both from the same checkpoint");
        }
        return lasting(checkpoint.tensor(full));
    }

    /** Weights live as long as the model that holds them, whatever scope they happen to be loaded in. */
    private static Tensor lasting(Tensor tensor) {
        return OwnedTensor.of(tensor).get();
    }

    /** {@code name.weight [out, in]} and, if wanted, {@code name.bias [out]}. */
    public Linear linear(String name, long out, long in, boolean bias) {
        return new Linear(tensor(name + ".weight", out, in), bias ? tensor(name + ".bias", out) : null);
    }

    /** {@code name.weight [width]} and {@code name.bias [width]}. */
    public LayerNorm layerNorm(String name, long width, double eps) {
        return new LayerNorm(tensor(name + ".weight", width), tensor(name + ".bias", width), eps);
    }

    /** {@code name.weight [width]}. */
    public RmsNorm rmsNorm(String name, long width, double eps) {
        return new RmsNorm(tensor(name + ".weight", width), eps);
    }
}

package dev.fovea.core.model.quantized;

import dev.fovea.core.kernel.Int4Matrix;
import dev.fovea.core.kernel.Int8Matrix;
import dev.fovea.core.kernel.QuantizedMatrix;
import dev.fovea.core.model.MappedWeights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.TensorInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Weights that lie in few bits in a checkpoint, in the layout of the library compressed-tensors. In eight bits
 * ({@code int-quantized}): {@code NAME.weight} i8 {@code [out, in]} and {@code NAME.weight_scale [out, 1]}. In four bits
 * ({@code pack-quantized}): {@code NAME.weight_packed} i32 {@code [out, in / 8]}, {@code NAME.weight_scale [out,
 * in / group]} and {@code NAME.weight_shape}, which are {@code out} and {@code in}.
 *
 * @param name of the map, without {@code .weight}
 * @param bits 8 or 4
 */
record Stored(String name, int bits) {
    static final String WEIGHT = ".weight";
    static final String SCALE = ".weight_scale";
    static final String PACKED = ".weight_packed";
    static final String SHAPE = ".weight_shape";

    private static final Set<DType> NUMBERS = Set.of(DType.F32, DType.BF16, DType.F16);
    private static final int PER_WORD = 8;

    /** The codes behind a tensor of numbers, or null if it lies as numbers. */
    static @Nullable Stored of(MappedWeights weights, String tensor) {
        if (!tensor.endsWith(WEIGHT)) {
            return null;
        }
        String name = tensor.substring(0, tensor.length() - WEIGHT.length());
        if (weights.contains(name + PACKED)) {
            return new Stored(name, 4);
        }
        return weights.contains(tensor) && weights.info(tensor).dtype() == DType.I8 ? new Stored(name, 8) : null;
    }

    /**
     * The matrix, to be kept as long as the checkpoint.
     *
     * @param described what the configuration says of such weights
     * @throws CheckpointException with one sentence if something of it is missing or of another shape, or the
     *     configuration says otherwise
     */
    QuantizedMatrix matrix(MappedWeights weights, long out, long in, @Nullable Quantization described) {
        requireDescribed(weights, described);
        try (Scope ignored = Scope.inference()) {
            return bits == 8 ? int8(weights, out, in) : int4(weights, out, in);
        }
    }

    private void requireDescribed(MappedWeights weights, @Nullable Quantization described) {
        if (described == null || described.bits() != bits) {
            throw new CheckpointException("Tensor '" + name + (bits == 8 ? WEIGHT : PACKED) + "' in " + weights.path()
                    + " holds weights in " + bits + " bits, but config.json "
                    + (described == null ? "has no quantization_config" : "says that they are " + described)
                    + "; take both from the same checkpoint");
        }
    }

    private QuantizedMatrix int8(MappedWeights weights, long out, long in) {
        Tensor codes = codes(weights, out, in);
        Tensor scales = Tensors.to(scales(weights, out, 1), DType.F32).view(-1);
        QuantizedMatrix made = Int8Matrix.of(codes, scales, () -> codes(weights, out, in), weights::keep);
        weights.forget(name + WEIGHT);
        return made;
    }

    private QuantizedMatrix int4(MappedWeights weights, long out, long in) {
        Tensor scales = Tensors.to(scales(weights, out, groups(weights, in)), DType.BF16);
        return Int4Matrix.of(words(weights, out, in), scales, weights::keep);
    }

    /** The numbers that the codes stand for; the open scope owns them. */
    Tensor dense(MappedWeights weights, long[] shape, DType dtype) {
        try (Scope scope = Scope.inference()) {
            if (bits == 4) {
                Int4Matrix matrix = Int4Matrix.of(
                        words(weights, shape),
                        Tensors.to(scales(weights, shape[0], groups(weights, shape[1])), DType.BF16),
                        tensor -> tensor);
                return scope.keep(matrix.dense(dtype));
            }
            Tensor wide = Tensors.to(codes(weights, shape), DType.F32);
            return scope.keep(Tensors.to(wide.mul_(Tensors.to(scales(weights, shape[0], 1), DType.F32)), dtype));
        }
    }

    private Tensor codes(MappedWeights weights, long... shape) {
        return weights.fleeting(name + WEIGHT, shape);
    }

    private Tensor words(MappedWeights weights, long... shape) {
        String packed = name + PACKED;
        require(weights.info(packed).dtype() == DType.I32, weights, packed, "codes of four bits lie in i32");
        require(shape[1] % PER_WORD == 0, weights, packed, "rows of " + shape[1] + " are no whole number of words");
        if (weights.contains(name + SHAPE)) {
            long[] said = Tensors.longs(weights.fleeting(name + SHAPE, 2));
            require(
                    Arrays.equals(said, shape),
                    weights,
                    packed,
                    "its weight_shape is " + Arrays.toString(said) + " where config.json asks for "
                            + Arrays.toString(shape));
        }
        return weights.fleeting(packed, shape[0], shape[1] / PER_WORD);
    }

    /** Groups of a row: as many as it has scales. */
    private long groups(MappedWeights weights, long in) {
        String scale = name + SCALE;
        require(weights.contains(scale), weights, name + PACKED, "there is no weight_scale beside it");
        List<Long> shape = weights.info(scale).shape();
        long groups = shape.isEmpty() ? 0 : shape.getLast();
        boolean whole = groups > 0 && in % groups == 0 && Quantization.GROUPS.contains((int) (in / groups));
        require(whole, weights, scale, "rows of " + in + " need one scale for every 32, 64 or 128");
        return groups;
    }

    private Tensor scales(MappedWeights weights, long... shape) {
        Tensor scales = weights.fleeting(name + SCALE, shape);
        require(
                NUMBERS.contains(weights.info(name + SCALE).dtype()),
                weights,
                name + SCALE,
                "scales are numbers in 16 or 32 bits");
        return scales;
    }

    private static void require(boolean fits, MappedWeights weights, String tensor, String what) {
        if (!fits) {
            TensorInfo info = weights.info(tensor);
            throw new CheckpointException("Tensor '" + info.name() + "' in " + weights.path() + " is " + info.describe()
                    + ", but " + what + "; take a checkpoint that compressed-tensors or 'fovea quantize' wrote");
        }
    }
}

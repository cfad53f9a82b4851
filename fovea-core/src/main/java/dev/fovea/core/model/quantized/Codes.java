package dev.fovea.core.model.quantized;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.CheckpointException;
import dev.fovea.core.weights.TensorInfo;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The tensors in which a matrix lies in few bits in a file. */
final class Codes {
    private static final int BITS_PER_BYTE = 8;

    private Codes() {}

    /**
     * How many bytes they take.
     *
     * @param name of the matrix
     * @throws CheckpointException with one sentence if a row is no whole number of groups
     */
    static long bytes(String name, TensorInfo info, Quantization quantization) {
        long rows = info.shape().get(0);
        long columns = info.shape().get(1);
        requireWholeGroups(name, columns, quantization);
        long codes = rows * columns * quantization.bits() / BITS_PER_BYTE;
        long groups = quantization.bits() == BITS_PER_BYTE ? 1 : columns / quantization.group();
        long shape = quantization.bits() == BITS_PER_BYTE ? 0 : 2 * DType.I64.bytes();
        return codes + rows * groups * DType.BF16.bytes() + shape;
    }

    static void requireWholeGroups(String name, long columns, Quantization quantization) {
        if (quantization.group() != 0 && columns % quantization.group() != 0) {
            throw new CheckpointException(
                    "'" + name + "' has rows of " + columns + " weights, which are no whole number of" + " groups of "
                            + quantization.group() + "; take int8 or smaller groups");
        }
    }

    /** The tensors by name; the open scope owns them. */
    static Map<String, Tensor> of(String name, Tensor weight, Quantization quantization) {
        String stem = name.substring(0, name.length() - Stored.WEIGHT.length());
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        if (quantization.bits() == BITS_PER_BYTE) {
            Int8Codes made = Int8Codes.of(weight);
            tensors.put(name, made.codes());
            tensors.put(stem + Stored.SCALE, made.scales());
        } else {
            Int4Codes made = Int4Codes.of(weight, quantization.group());
            tensors.put(stem + Stored.PACKED, made.words());
            tensors.put(stem + Stored.SCALE, made.scales());
            tensors.put(stem + Stored.SHAPE, Tensors.of(Tensors.shape(weight), 2));
        }
        return tensors;
    }

    /** Does something with some rows of a matrix. */
    @FunctionalInterface
    interface Rows {
        void at(long first, long count);
    }

    /**
     * Goes through a matrix some rows at a time, each in a scope of its own: what is widened for them is freed behind them.
     *
     * @param most weights at once, or a row where it has more
     */
    static void inPieces(Tensor weight, long most, Rows rows) {
        long step = Math.max(1, most / weight.size(1));
        for (long first = 0; first < weight.size(0); first += step) {
            try (Scope ignored = Scope.inference()) {
                rows.at(first, Math.min(step, weight.size(0) - first));
            }
        }
    }
}

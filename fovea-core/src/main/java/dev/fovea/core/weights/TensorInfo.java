package dev.fovea.core.weights;

import dev.fovea.core.tensor.DType;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a safetensors header says about one tensor.
 *
 * @param name the tensor's name, for example {@code model.layers.0.self_attn.q_proj.weight}
 * @param dtype the element type as stored
 * @param shape the sizes, outermost first; empty for a scalar
 * @param begin first byte of the data, counted from the end of the header
 * @param end byte after the data, counted from the end of the header
 */
public record TensorInfo(String name, DType dtype, List<Long> shape, long begin, long end) {
    public TensorInfo {
        shape = List.copyOf(shape);
    }

    /** The sizes as libtorch takes them. */
    public long[] sizes() {
        return shape.stream().mapToLong(Long::longValue).toArray();
    }

    /** How many bytes the data takes. */
    public long byteSize() {
        return end - begin;
    }

    /** How many elements the tensor has; 1 for a scalar. */
    public long elements() {
        return byteSize() / dtype.bytes();
    }

    /** For messages: {@code BF16 [32064, 4096]}. */
    public String describe() {
        return dtype + shape.stream().map(String::valueOf).collect(Collectors.joining(", ", " [", "]"));
    }
}

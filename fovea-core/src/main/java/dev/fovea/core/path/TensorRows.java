package dev.fovea.core.path;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * Rows in native memory: the form in which techniques with weights of their own see features and give tokens back. While
 * training they are part of the graph.
 *
 * @param values {@code [rows, cols]}, of any floating type; belongs to the open scope
 */
public record TensorRows(Tensor values) implements Rows {
    public TensorRows {
        if (values.dim() != 2) {
            throw new IllegalArgumentException("Rows need a tensor of two dimensions, got " + values.dim());
        }
    }

    @Override
    public int rows() {
        return (int) values.size(0);
    }

    @Override
    public int cols() {
        return (int) values.size(1);
    }

    /** These rows as a tensor: itself, or an f32 copy of what is on the heap. */
    public static Tensor tensor(Rows rows) {
        return switch (rows) {
            case Matrix matrix -> Tensors.of(matrix.data(), matrix.rows(), matrix.cols());
            case TensorRows own -> own.values;
        };
    }

    /** These rows on the heap: itself, or a copy. */
    public static Matrix matrix(Rows rows) {
        return switch (rows) {
            case Matrix matrix -> matrix;
            case TensorRows own -> new Matrix(own.rows(), own.cols(), Tensors.floats(own.values));
        };
    }

    /** A measured value ({@code float[]} or rows) as an f32 tensor. */
    static Tensor of(Object value) {
        return switch (value) {
            case float[] vector -> Tensors.of(vector, vector.length);
            case Rows rows -> Tensors.to(tensor(rows), DType.F32);
            default -> throw new IllegalArgumentException("A " + value.getClass() + " is no tensor");
        };
    }
}

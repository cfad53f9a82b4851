package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The weights of a linear map in fewer bits than the map works in. For inference: nothing is recorded in a graph. */
public sealed interface QuantizedMatrix permits Int8Matrix, Int4Matrix {

    /** Rows of the matrix: elements of a result. */
    long outputs();

    /** Columns of the matrix. */
    long inputs();

    /** Bytes that the weights take in memory, with their scales. */
    long byteSize();

    /**
     * {@code x W^T + b}.
     *
     * @param x {@code [..., in]}, bf16 or f32
     * @param bias {@code [out]}, or null
     * @return {@code [..., out]} in the type of {@code x}
     */
    Tensor forward(Tensor x, @Nullable Tensor bias);

    /** In a few words, by what this machine multiplies such weights, as probes of their shape have found. */
    String path();

    /** {@code W [out, in]} as numbers of this type; the caller (or its open scope) owns it. */
    Tensor dense(DType dtype);
}

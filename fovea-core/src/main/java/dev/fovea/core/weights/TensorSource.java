package dev.fovea.core.weights;

import org.bytedeco.pytorch.Tensor;

/** A tensor of a file, known by its name, type and shape before any of it is read. */
public interface TensorSource {

    /** What is known of it. */
    TensorInfo info();

    /** The tensor in the type that {@link #info()} says; the caller (or its open scope) owns it. */
    Tensor tensor();

    /** Lets go of memory that the tensor takes by having been read, where it can be read again. */
    default void forget() {}
}

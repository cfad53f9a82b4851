package dev.fovea.core.path;

/** Rows of numbers, one a token: on the heap, or still in native memory. */
public sealed interface Rows permits Matrix, TensorRows {

    /** How many there are. */
    int rows();

    /** Numbers in each. */
    int cols();
}

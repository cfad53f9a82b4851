package dev.fovea.core.kernel;

/**
 * Dot products of a few vectors with consecutive rows of a matrix in native memory, and sums of such rows: what a single
 * token asks of weights and of a cache. Implementations accumulate in f32 and hold no state.
 */
interface RowKernel {

    /** Fewest weight rows of one call: rows are taken in groups of at most this many. */
    int MIN_ROWS = 8;

    /** The most input vectors for which this kernel is quicker than libtorch whatever the machine. */
    int maxVectors();

    /** Bytes of one weight. */
    int weightBytes();

    /**
     * Computes {@code out[v * outStride + r] = sum_k weight[r][k] * x[v][k]} for every vector and each row in {@code
     * [from, to)}. A vector gets the same bits whatever others are there.
     *
     * @param weight address of the first element of row 0; rows lie end to end
     * @param columns elements of a row
     * @param x address of the vectors, in the type of the weights, end to end
     * @param vectors how many
     * @param from first row
     * @param to end of the rows, at least {@link #MIN_ROWS} after {@code from}
     */
    void rows(long weight, int columns, long x, int vectors, float[] out, int outStride, int from, int to);

    /**
     * Computes {@code out[c] = sum_r shares[r] * rows[r][c]}.
     *
     * @param rows address of the first element of row 0; rows lie end to end
     * @param columns elements of a row, and of the result
     * @param count rows to sum
     */
    void weigh(long rows, int columns, float[] shares, int count, float[] out);
}

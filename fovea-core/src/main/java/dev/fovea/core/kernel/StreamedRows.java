package dev.fovea.core.kernel;

/**
 * Dot products of rows by loops over a few rows of the matrix at a time, whose sums are left as the lanes of vectors and
 * added up together ({@link LaneSum#ofRows}): dependent additions would keep the next rows' reads waiting. Several vectors
 * meet some rows one after the other: all but the first find them in the second-level cache.
 */
abstract class StreamedRows implements RowKernel {
    private static final int LANES = FloatLanes.COUNT;

    /**
     * Rows that are read as eight streams of nine rows each: a stream that goes on from row to row keeps the hardware's
     * prefetchers on its track, and distances of an odd number of rows spread over the cache's sets. Their lanes, summed
     * together at the end, stay in the first-level cache.
     */
    private static final int SUMMED_ROWS = 72;

    /** Rows that several vectors meet before the next: with half as many to spare, what a second-level cache holds. */
    private static final long BLOCK_BYTES = 1L << 18;

    @Override
    public final void rows(
            long weight, int columns, long x, int vectors, float[] out, int outStride, int from, int to) {
        long bytes = (long) weightBytes() * columns;
        int block = vectors == 1 ? to - from : (int) Math.max(2 * MIN_ROWS, BLOCK_BYTES / bytes);
        for (int first = from; first < to; ) {
            // What is left goes with the last.
            int end = to - first < 2 * block ? to : first + block;
            for (int v = 0; v < vectors; v++) {
                ofOne(weight, columns, x + v * bytes, out, v * outStride, first, end);
            }
            first = end;
        }
        int done = columns / columnsAtOnce() * columnsAtOnce();
        if (done < columns) {
            long stride = (long) weightBytes() * columns;
            for (int v = 0; v < vectors; v++) {
                for (int r = from; r < to; r++) {
                    out[v * outStride + r] += rest(weight + r * stride, x + v * stride, done, columns);
                }
            }
        }
    }

    private void ofOne(long weight, int columns, long x, float[] out, int at, int from, int to) {
        long stride = (long) weightBytes() * columns;
        float[] lanes = LaneRoom.floats();
        for (int first = from; first < to; first += SUMMED_ROWS) {
            // A last part shorter than a group begins before its time.
            int start = Math.min(first, to - MIN_ROWS);
            int end = Math.min(first + SUMMED_ROWS, to);
            int apart = (end - start) / MIN_ROWS;
            for (int r = 0; r < apart; r++) {
                eightRows(weight + (start + r) * stride, apart * stride, columns, x, lanes, r * LANES, apart * LANES);
            }
            if (apart * MIN_ROWS < end - start) {
                int row = end - MIN_ROWS;
                eightRows(weight + row * stride, stride, columns, x, lanes, (row - start) * LANES, LANES);
            }
            LaneSum.ofRows(lanes, 0, end - start, out, at + start);
        }
    }

    /** How many columns the loops take at once; what is left is added to the sums. */
    abstract int columnsAtOnce();

    /**
     * Eight rows and one vector.
     *
     * @param stride bytes from one of the eight rows to the next
     * @param lanes receives the lanes of each row's sum, from {@code out} on, {@code step} apart
     */
    abstract void eightRows(long w, long stride, int columns, long x, float[] lanes, int out, int step);

    /** The columns from {@code done} on, which fill no vector. */
    private float rest(long w, long x, int done, int columns) {
        float sum = 0;
        for (int k = done; k < columns; k++) {
            sum += element(w, k) * element(x, k);
        }
        return sum;
    }

    abstract float element(long address, int index);
}

package dev.fovea.core.tensor;

import java.util.concurrent.atomic.LongAdder;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Counts the matrix products that are issued, two FLOPs per multiply-add, while somebody wants to know: what a cost model
 * says is held against it. Attention counts its whole square, masked or not. Nothing is counted, and nothing costs time,
 * while no counter is open. Counts what all threads issue; one counter at a time.
 */
public final class Work implements AutoCloseable {
    private static volatile @Nullable LongAdder open;

    private final LongAdder flops;

    private Work(LongAdder flops) {
        this.flops = flops;
    }

    /** Begins to count; close it to end. */
    public static Work count() {
        LongAdder fresh = new LongAdder();
        open = fresh;
        return new Work(fresh);
    }

    /** FLOPs issued since it was opened. */
    public long flops() {
        return flops.sum();
    }

    /**
     * A linear map was issued.
     *
     * @param x {@code [..., in]}
     * @param out columns of the result
     */
    public static void linear(Tensor x, long out) {
        if (open != null) {
            linear(x.numel(), out);
        }
    }

    /** The same of an input of so many elements. */
    public static void linear(long elements, long out) {
        LongAdder counter = open;
        if (counter != null) {
            counter.add(2 * elements * out);
        }
    }

    /**
     * Queries were multiplied with keys.
     *
     * @param q {@code [..., queries, d]}
     * @param keys of each query
     * @param products 1 for scores alone, 2 where they are used on values too
     */
    public static void attention(Tensor q, long keys, int products) {
        if (open != null) {
            attention(q.numel(), keys, products);
        }
    }

    /** The same of queries of so many elements. */
    public static void attention(long elements, long keys, int products) {
        LongAdder counter = open;
        if (counter != null) {
            counter.add(2L * products * elements * keys);
        }
    }

    @Override
    public void close() {
        open = null;
    }
}

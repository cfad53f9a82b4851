package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Work;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Attention of single tokens, each over a cache of its own, read where it lies. Scores, softmax and sums are f32. What
 * comes of a token hangs on that token and its cache alone, to the last bit.
 */
public final class TokenAttention implements AutoCloseable {
    private static final int ALIGNMENT = 64;

    /** Keys times channels of all heads that are read in less time than it takes to share them. */
    private static final long ALONE = 1 << 13;

    private final Arena arena = Arena.ofConfined();
    private final int threads;
    private final DType dtype;
    private final RowKernel kernel;
    private final MemorySegment queries;

    /**
     * Room for tokens.
     *
     * @param threads that work, this one included
     * @param dtype of queries, keys and values: one that {@link #has}
     * @param elements of all queries of a layer, at most
     */
    public TokenAttention(int threads, DType dtype, int elements) {
        RowKernel known = Kernels.of(dtype);
        if (known == null) {
            throw new IllegalArgumentException("No kernel for " + dtype);
        }
        this.threads = threads;
        this.dtype = dtype;
        this.kernel = known;
        this.queries = arena.allocate((long) elements * dtype.bytes(), ALIGNMENT);
    }

    /** Whether this JVM has loops for a type. */
    public static boolean has(DType dtype) {
        return Kernels.of(dtype) != null;
    }

    /** Begins to compile the loops in the background. */
    public static void prepare(DType dtype) {
        RowKernel kernel = Kernels.of(dtype);
        if (kernel != null) {
            Kernels.prepare(kernel);
            Kernels.prepareSums(kernel);
        }
    }

    /** Whether the loops may be used; waits for the compiler. */
    public static boolean ready(DType dtype) {
        RowKernel kernel = Kernels.of(dtype);
        return kernel != null && Kernels.multiplies(kernel) && Kernels.weighs(kernel);
    }

    /**
     * What a token looks at.
     *
     * @param keys address of the keys of the first head; those of a head lie end to end
     * @param values as keys
     * @param headBytes from one head to the next
     * @param count of keys
     */
    public record Held(long keys, long values, long headBytes, int count) {}

    /**
     * The heads of a layer.
     *
     * @param heads query heads
     * @param kvHeads a divisor of it
     * @param d channels of a head
     * @param scale of the scores
     * @param cap scores {@code s} become {@code cap * tanh(s / cap)} before the softmax; 0 where they do not
     */
    public record Heads(int heads, int kvHeads, int d, double scale, double cap) {}

    /**
     * {@code softmax(q k^T * scale) v} of every token.
     *
     * @param q {@code [tokens, heads * d]}
     * @param held for each token
     * @param out receives {@code [tokens, heads * d]}, rounded
     */
    public void run(float[] q, Heads heads, List<Held> held, float[] out) {
        int width = heads.heads * heads.d;
        FloatCopies.store(q, held.size() * width, dtype, queries.address());
        long keys = 0;
        for (Held one : held) {
            Work.attention(width, one.count, 2);
            keys += one.count;
        }
        Workers.run(keys * width < ALONE ? 1 : threads, held.size() * heads.heads, b -> {
            int token = b / heads.heads;
            head(heads, held.get(token), b % heads.heads, token * width, out);
        });
        FloatCopies.round(out, 0, held.size() * width, dtype);
    }

    private void head(Heads heads, Held held, int head, int row, float[] out) {
        long kv = head / (heads.heads / heads.kvHeads) * held.headBytes;
        int at = row + head * heads.d;
        float[] scores = new float[held.count];
        scores(held.keys + kv, heads.d, queries.address() + (long) at * dtype.bytes(), scores);
        if (heads.cap == 0) {
            softmax(scores, (float) heads.scale);
        } else {
            RowAttention.cap(scores, heads.scale, heads.cap);
            softmax(scores, 1);
        }
        float[] sums = new float[heads.d];
        kernel.weigh(held.values + kv, heads.d, scores, scores.length, sums);
        System.arraycopy(sums, 0, out, at, sums.length);
    }

    private void scores(long keys, int d, long query, float[] scores) {
        if (scores.length >= RowKernel.MIN_ROWS) {
            kernel.rows(keys, d, query, 1, scores, scores.length, 0, scores.length);
            return;
        }
        float[] q = FloatCopies.load(query, dtype, d);
        for (int i = 0; i < scores.length; i++) {
            float[] k = FloatCopies.load(keys + (long) i * d * dtype.bytes(), dtype, d);
            for (int c = 0; c < d; c++) {
                scores[i] += q[c] * k[c];
            }
        }
    }

    /** In place. */
    private static void softmax(float[] scores, float scale) {
        float highest = Float.NEGATIVE_INFINITY;
        for (float score : scores) {
            highest = Math.max(highest, score);
        }
        double total = 0;
        for (int i = 0; i < scores.length; i++) {
            scores[i] = Exponential.of((scores[i] - highest) * scale);
            total += scores[i];
        }
        float share = (float) (1 / total);
        for (int i = 0; i < scores.length; i++) {
            scores[i] *= share;
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}

package dev.fovea.core.layer;

import dev.fovea.core.kernel.BestTime;
import dev.fovea.core.kernel.BlockAttention;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * How bf16 queries, keys and values are multiplied. With bf16 matrix units (AMX) libtorch's fused bf16 kernel is three to six
 * times as fast as its f32 one, but only for many queries; without them, or for few, it is many times slower. Where the
 * processor has bf16 products but no such units, products in blocks are faster than both: for the pictures of encoders and,
 * head by head with only the keys that are seen, for prompts. What is asked here depends on a sequence alone, so that it gets
 * the same whoever is in the pass with it.
 */
final class AttentionPrecision {
    /** From here on libtorch packs keys and values for the matrix units. */
    private static final long MANY_QUERIES = 64;

    /** From here on blocks are worth their calls. */
    private static final long MANY_SCORES = 256 * 256;

    /** The same of the multiplications that make the scores of causal heads that share keys, had each query seen all. */
    private static final long MANY_CAUSAL_PRODUCTS = 1L << 21;

    /** Fewer are what guesses are checked by, which should come out as tokens do one by one. */
    private static final long FEWEST_CAUSAL_QUERIES = 16;

    private static final int RUNS = 3;

    /** What blocks are timed with: about an encoder's tokens, and a prompt's. */
    private static final int HEADS = 8;

    private static final int TOKENS = 512;
    private static final int WIDTH = 64;
    private static final int TURNS = 8;

    private AttentionPrecision() {}

    /** The type in which the fused kernel multiplies sequences of so many queries stored as {@code stored}. */
    static DType of(DType stored, long queries) {
        return stored == DType.BF16 && queries >= MANY_QUERIES && Probe.BF16_IS_FASTER ? DType.BF16 : DType.F32;
    }

    /**
     * Whether queries that all see every key are multiplied in blocks.
     *
     * @param q {@code [heads, queries, d]}, of one sequence or of several of one length
     * @param k {@code [heads or kv-heads, keys, d]}, likewise
     * @param v as k
     * @param queries of a sequence
     * @param keys of a sequence
     */
    static boolean inBlocks(Tensor q, Tensor k, Tensor v, long queries, long keys) {
        return queries * keys >= MANY_SCORES && BlockAttention.takes(q, k, v) && BlockProbe.ARE_FASTER;
    }

    /** The same of queries that are the last of their sequence and see nothing behind themselves. */
    static boolean causalInBlocks(Tensor q, Tensor k, Tensor v, long queries, long keys) {
        long together = q.size(0) / k.size(0);
        return queries >= FEWEST_CAUSAL_QUERIES
                && together * queries * keys * q.size(2) >= MANY_CAUSAL_PRODUCTS
                && BlockAttention.takes(q, k, v)
                && CausalProbe.ARE_FASTER;
    }

    /** Measured once per process, when first asked for. */
    private static final class Probe {
        static final boolean BF16_IS_FASTER = nanos(DType.BF16) < nanos(DType.F32);

        /** The best of a few runs over eight heads of 256 tokens. */
        private static long nanos(DType dtype) {
            try (Scope scope = Scope.inference()) {
                Tensor x = Tensors.full(0.5, dtype, 1, 8, 256, 64);
                Tensors.attention(x, x, x, null, true, 0.125);
                return BestTime.nanos(RUNS, () -> Tensors.attention(x, x, x, null, true, 0.125));
            }
        }
    }

    /** The same for blocks, beside the fused kernel with what it needs around it. */
    private static final class BlockProbe {
        static final boolean ARE_FASTER = blocksAreFaster(false, BlockAttention::forward);
    }

    private static final class CausalProbe {
        static final boolean ARE_FASTER = blocksAreFaster(true, BlockAttention::causal);
    }

    @FunctionalInterface
    private interface InBlocks {
        Tensor of(Tensor q, Tensor k, Tensor v, double scale);
    }

    /** In turns, because the compiler is at work when a model begins. */
    private static boolean blocksAreFaster(boolean causal, InBlocks blocks) {
        try (Scope scope = Scope.inference()) {
            Tensor x = Tensors.full(0.5, DType.BF16, HEADS, TOKENS, WIDTH);
            return BestTime.ratio(
                            TURNS,
                            () -> blocks.of(x, x, x, 0.125),
                            () -> PackedAttention.fused(x, x, x, null, causal, 0.125))
                    < 1;
        }
    }
}

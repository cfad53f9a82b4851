package dev.fovea.core.layer;

import dev.fovea.core.kernel.BestTime;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * The element type in which the fused attention kernel multiplies bf16 queries, keys and values. With bf16 matrix units
 * (AMX) libtorch's bf16 kernel is three to six times as fast as the f32 one, but only for many queries; without them, or
 * for few, it is many times slower.
 */
final class AttentionPrecision {
    /** From here on libtorch packs keys and values for the matrix units. */
    private static final long MANY_QUERIES = 64;

    private AttentionPrecision() {}

    /** The type to multiply in, for sequences of so many queries stored as {@code stored}. */
    static DType of(DType stored, long queries) {
        return stored == DType.BF16 && queries >= MANY_QUERIES && Probe.BF16_IS_FASTER ? DType.BF16 : DType.F32;
    }

    /** Measured once per process, when first asked for. */
    private static final class Probe {
        static final boolean BF16_IS_FASTER = nanos(DType.BF16) < nanos(DType.F32);
        private static final int RUNS = 3;

        /** The best of a few runs over eight heads of 256 tokens. */
        private static long nanos(DType dtype) {
            try (Scope scope = Scope.inference()) {
                Tensor x = Tensors.full(0.5, dtype, 1, 8, 256, 64);
                Tensors.attention(x, x, x, null, true, 0.125);
                return BestTime.nanos(RUNS, () -> Tensors.attention(x, x, x, null, true, 0.125));
            }
        }
    }
}

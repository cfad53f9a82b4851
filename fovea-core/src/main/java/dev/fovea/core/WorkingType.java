package dev.fovea.core;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Chooses the element type that a model works in. */
final class WorkingType {
    /** Below this the layers are so small that converting to and fro eats what bf16 gains. */
    private static final long LARGE_BYTES = 1L << 30;

    private static final int PROBE_ROWS = 256;
    private static final int PROBE_WIDTH = 1024;
    private static final int PROBE_RUNS = 3;

    private WorkingType() {}

    static DType of(OpenOptions.Precision precision, Checkpoint checkpoint) {
        return switch (precision) {
            case F32 -> DType.F32;
            case BF16 -> DType.BF16;
            case AUTO -> checkpoint.byteSize() >= LARGE_BYTES && Probe.BF16_IS_FASTER ? DType.BF16 : DType.F32;
        };
    }

    /** Measured once per process, when first asked for. */
    private static final class Probe {
        static final boolean BF16_IS_FASTER = nanos(DType.BF16) < nanos(DType.F32);

        /** The best of a few runs of one linear layer. */
        private static long nanos(DType dtype) {
            try (Scope ignored = Scope.inference()) {
                Tensor x = Tensors.full(0.5, dtype, PROBE_ROWS, PROBE_WIDTH);
                Tensor w = Tensors.full(0.5, dtype, PROBE_WIDTH, PROBE_WIDTH);
                torch.linear(x, w);
                long best = Long.MAX_VALUE;
                for (int i = 0; i < PROBE_RUNS; i++) {
                    long start = System.nanoTime();
                    torch.linear(x, w);
                    best = Math.min(best, System.nanoTime() - start);
                }
                return best;
            }
        }
    }
}

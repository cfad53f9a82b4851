package dev.fovea.core;

import dev.fovea.core.kernel.BestTime;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import dev.fovea.core.weights.Checkpoint;
import dev.fovea.core.weights.TensorInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Chooses the element type that a model works in. */
final class WorkingType {
    /** Below this a question takes a few milliseconds in any type: then the exact one. */
    private static final long TINY_BYTES = 8L << 20;

    private static final int ROWS = 256;
    private static final int RUNS = 5;

    /** Norms, residuals and attention gain nothing from bf16: products must gain this much to pay for going to and fro. */
    private static final double WORTH = 1.25;

    /** Measured once per process and shape. */
    private static final Map<List<Long>, Boolean> FASTER_IN_BF16 = new ConcurrentHashMap<>();

    private WorkingType() {}

    static DType of(OpenOptions.Precision precision, Checkpoint checkpoint) {
        return switch (precision) {
            case F32 -> DType.F32;
            case BF16 -> DType.BF16;
            case AUTO ->
                checkpoint.byteSize() >= TINY_BYTES
                                && FASTER_IN_BF16.computeIfAbsent(widest(checkpoint), WorkingType::isFasterInBf16)
                        ? DType.BF16
                        : DType.F32;
        };
    }

    /** The shape of the matrices that most weights of the layers stand in, no side above {@link BestTime#WIDEST}: {@code [out, in]}. */
    private static List<Long> widest(Checkpoint checkpoint) {
        Map<List<Long>, List<Long>> bytes = new HashMap<>();
        for (String name : checkpoint.names()) {
            TensorInfo info = checkpoint.info(name);
            if (info.shape().size() == 2) {
                bytes.computeIfAbsent(info.shape(), s -> new ArrayList<>()).add(info.byteSize());
            }
        }
        return bytes.entrySet().stream()
                // Tables of words come once or twice; what layers multiply by comes with each of them.
                .filter(e -> e.getValue().size() > 2)
                .max(Comparator.<Map.Entry<List<Long>, List<Long>>>comparingLong(e ->
                                e.getValue().stream().mapToLong(Long::longValue).sum())
                        .thenComparing(e -> e.getKey().toString()))
                .map(e -> e.getKey().stream()
                        .map(n -> Math.min(n, BestTime.WIDEST))
                        .toList())
                .orElse(List.of(1024L, 1024L));
    }

    private static boolean isFasterInBf16(List<Long> shape) {
        return nanos(DType.BF16, shape) * WORTH < nanos(DType.F32, shape);
    }

    /** The best of a few runs of one linear layer of this shape. */
    private static long nanos(DType dtype, List<Long> shape) {
        try (Scope ignored = Scope.inference()) {
            Tensor x = Tensors.full(0.5, dtype, ROWS, shape.get(1));
            Tensor w = Tensors.full(0.5, dtype, shape.get(0), shape.get(1));
            torch.linear(x, w);
            return BestTime.nanos(RUNS, () -> torch.linear(x, w));
        }
    }
}

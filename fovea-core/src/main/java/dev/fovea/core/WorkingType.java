package dev.fovea.core;

import dev.fovea.core.kernel.BestTime;
import dev.fovea.core.kernel.RowMap;
import dev.fovea.core.kernel.RowMaps;
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

/**
 * Chooses the element type that a model works in, by two products of its layers in either type: one of many rows, a
 * prompt's, and one of a single row, a token's of an answer, which reads as many weights for a {@value #ROWS}th of the
 * arithmetic and may well be faster in the other type. They are weighed as a usual question has them: {@value #TOKENS} tokens
 * of an answer to {@value #ROWS} of a picture and the words about it. Answers to questions about pictures are of a few words;
 * the same ratio decides how weights in eight bits are held.
 */
final class WorkingType {
    /** Below this a question takes a few milliseconds in any type: then the exact one. */
    private static final long TINY_BYTES = 8L << 20;

    private static final int ROWS = 256;
    private static final int TOKENS = 16;
    private static final int RUNS = 5;

    /** Weights of a single row's product: as no caches hold a model, they should not hold these. */
    private static final long UNCACHED = 16L << 20;

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
        return gains(Products.of(DType.BF16, shape), Products.of(DType.F32, shape));
    }

    /** Whether a usual question gains enough from bf16. */
    static boolean gains(Products bf16, Products f32) {
        return bf16.ofQuestion() * WORTH < f32.ofQuestion();
    }

    /**
     * What products of a layer take.
     *
     * @param many nanoseconds of {@value #ROWS} rows
     * @param one of a single row
     */
    record Products(long many, long one) {
        /** The best of a few runs each, of a linear layer of this shape. */
        static Products of(DType dtype, List<Long> shape) {
            try (Scope ignored = Scope.inference()) {
                long in = shape.get(1);
                long layers = Math.max(1, UNCACHED / (shape.get(0) * in));
                Tensor x = Tensors.full(0.5, dtype, ROWS, in);
                Tensor weights = Tensors.full(0.5, dtype, layers * shape.get(0), in);
                Tensor w = weights.narrow(0, 0, shape.get(0));
                torch.linear(x, w);
                return new Products(
                        BestTime.nanos(RUNS, () -> torch.linear(x, w)), ofOne(x.narrow(0, 0, 1), weights) / layers);
            }
        }

        /** By the loops that a token's products are made of, where this JVM has them. */
        private static long ofOne(Tensor x, Tensor weights) {
            RowMap map = RowMap.of(weights, null);
            if (map == null || !map.ready()) {
                torch.linear(x, weights);
                return BestTime.nanos(RUNS, () -> torch.linear(x, weights));
            }
            return RowMaps.nanosOfOne(map, RUNS);
        }

        private double ofQuestion() {
            return many + (double) TOKENS * one;
        }
    }
}

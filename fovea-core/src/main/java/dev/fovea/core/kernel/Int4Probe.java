package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * For how many rows codes of a shape are better multiplied where they lie, row by row, than made into numbers first:
 * measured once per process and shape, when a product of few rows first asks.
 */
final class Int4Probe {
    /** More are never better: one pass over the numbers then serves them all. */
    static final int MOST = 8;

    private static final int RUNS = 3;

    private static final int CODES = 8;

    private static final Map<List<Long>, Integer> ROWS = new ConcurrentHashMap<>();

    private Int4Probe() {}

    /** Rows of bf16 that weights {@code [out, in]} are multiplied by where they lie, from 1 to {@link #MOST}. */
    static int rows(long out, long in, int group) {
        return ROWS.computeIfAbsent(
                List.of(Math.min(out, BestTime.WIDEST), Math.min(in, BestTime.WIDEST), (long) group),
                Int4Probe::measured);
    }

    private static int measured(List<Long> shape) {
        try (Scope ignored = Scope.inference()) {
            long out = shape.get(0);
            long in = shape.get(1);
            Int4Matrix matrix = Int4Matrix.of(
                    Tensors.full(0x12345678, DType.I32, out, in / CODES),
                    Tensors.full(0.01, DType.BF16, out, in / shape.get(2)),
                    UnaryOperator.identity());
            Tensor x = Tensors.full(0.5, DType.BF16, MOST, in);
            long one = BestTime.nanos(RUNS, () -> matrix.row(x.narrow(0, 0, 1)));
            long all = BestTime.nanos(RUNS, () -> matrix.many(x));
            return (int) Math.clamp(all / Math.max(1, one), 1, MOST);
        }
    }
}

package dev.fovea.core.kernel;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How products in bf16 of a shape are best {@linkplain Cut cut}, measured once per process when the first is asked for: ways
 * take turns, the best time of each counts, and libtorch's own has to be beaten clearly, so that noise decides nothing.
 * There are processors where pieces of 256 rows are a third quicker than oneDNN's own blocks, and others where they are
 * a twentieth slower for most numbers of rows and a fifth quicker for the 577 of a CLIP encoder.
 */
final class CutProbe {
    /** Products of about so many rows go one way: prompts have any length, and a probe of each would take too long. */
    private static final long[] ROWS = {64, 128, 192, 288, 384, 640, 1024};

    /** A prompt's product is timed with fewer outputs where it has more multiplications: some five milliseconds each. */
    private static final double MOST_MULTIPLICATIONS = 1e9;

    private static final long FEWEST_OUTPUTS = 512;

    private static final int TURNS = 4;

    /** A way has to take at most so much of what the whole takes. */
    private static final double CLEARLY = 0.95;

    /** Fewer columns were never measured to be quicker in halves, which are rounded once more. */
    private static final long MIN_HALVED_COLUMNS = 8192;

    private static final Map<Shape, Cut> KNOWN = new ConcurrentHashMap<>();

    private CutProbe() {}

    private record Shape(long rows, long in, long out, int threads) {
        /** One that stands for all of its kind. */
        static Shape of(long rows, long in, long out) {
            int threads = torch.get_num_threads();
            if (isOfClassToken(rows)) {
                return new Shape(rows, in, out, threads);
            }
            long about = step(rows);
            long most = (long) (MOST_MULTIPLICATIONS / ((double) about * in)) / Cut.GRAIN * Cut.GRAIN;
            return new Shape(about, in, Math.min(out, Math.max(most, FEWEST_OUTPUTS)), threads);
        }

        /**
         * Encoders of a square picture with a class token always have the same rows, often oneDNN's worst: these are
         * timed as they are.
         */
        private static boolean isOfClassToken(long rows) {
            long side = Math.round(Math.sqrt(rows - 1.0));
            return rows > Cut.PIECE_ROWS && rows <= ROWS[ROWS.length - 1] + 1 && side * side == rows - 1;
        }

        private static long step(long rows) {
            for (long step : ROWS) {
                if (rows <= step) {
                    return step;
                }
            }
            return ROWS[ROWS.length - 1];
        }

        /** The way that may be better than the whole. */
        private Cut other() {
            if (rows > Cut.PIECE_ROWS) {
                return Cut.ROWS;
            }
            return in >= MIN_HALVED_COLUMNS ? Cut.COLUMNS : Cut.WHOLE;
        }
    }

    /** The way for bf16 products of {@code [rows, in]} with weights {@code [out, in]}. */
    static Cut of(long rows, long in, long out) {
        return KNOWN.computeIfAbsent(Shape.of(rows, in, out), CutProbe::measured);
    }

    private static Cut measured(Shape shape) {
        Cut other = shape.other();
        if (other == Cut.WHOLE) {
            return Cut.WHOLE;
        }
        try (Scope ignored = Scope.inference()) {
            Tensor x = Tensors.full(0.5, DType.BF16, shape.rows, shape.in);
            Tensor weight = Tensors.full(0.5, DType.BF16, shape.out, shape.in);
            Tensor out = Tensors.empty(DType.BF16, shape.rows, shape.out);
            // The first turn makes the kernels; it is hardly ever the best.
            double ratio = BestTime.ratio(
                    1 + TURNS,
                    () -> other.multiply(x, weight, null, out),
                    () -> Cut.WHOLE.multiply(x, weight, null, out));
            return ratio <= CLEARLY ? other : Cut.WHOLE;
        }
    }
}

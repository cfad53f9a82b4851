package dev.fovea.core.engine;

import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;

/**
 * Rows of packed sequences that are taken at once: some whole sequences, or a stretch of one that has too many by itself.
 *
 * @param from the first of them among all rows
 * @param rows how many
 * @param sequence the first of their sequences
 * @param sequences how many
 * @param start of a stretch inside its sequence; 0 for whole ones
 * @param whole whether these are whole sequences
 */
record RowBlock(int from, int rows, int sequence, int sequences, int start, boolean whole) {

    /**
     * All rows in blocks of at most {@code most}: neighbouring sequences together where they fit, a longer one in
     * stretches of about one length.
     *
     * @param lengths rows of each sequence
     */
    static List<RowBlock> of(int[] lengths, int most) {
        List<RowBlock> blocks = new ArrayList<>();
        int from = 0;
        int s = 0;
        while (s < lengths.length) {
            int first = s;
            int rows = lengths[s++];
            if (rows > most) {
                stretches(blocks, from, rows, first, most);
            } else {
                while (s < lengths.length && rows + lengths[s] <= most) {
                    rows += lengths[s++];
                }
                blocks.add(new RowBlock(from, rows, first, s - first, 0, true));
            }
            from += rows;
        }
        return blocks;
    }

    private static void stretches(List<RowBlock> blocks, int from, int rows, int sequence, int most) {
        int pieces = Math.ceilDiv(rows, most);
        for (int p = 0; p < pieces; p++) {
            int start = (int) ((long) rows * p / pieces);
            int end = (int) ((long) rows * (p + 1) / pieces);
            blocks.add(new RowBlock(from + start, end - start, sequence, 1, start, false));
        }
    }

    /**
     * Work that treats each row, or each {@code grain} neighbouring ones, by themselves, done on some at a time. With
     * gradients, which need what was computed on the way of all of them, on all at once.
     *
     * @param x {@code [rows, width]}
     * @param work {@code [n, width] -> [n / grain, other width]}
     */
    static Tensor map(Tensor x, int most, int grain, UnaryOperator<Tensor> work) {
        int rows = (int) x.size(0);
        if (rows <= most || GradMode.is_enabled()) {
            return work.apply(x);
        }
        int step = Math.max(grain, most / grain * grain);
        try (Scope scope = Scope.inner()) {
            Tensor first = work.apply(x.narrow(0, 0, Math.min(step, rows)));
            Tensor out = Tensors.empty(DType.of(first.scalar_type()), (long) rows / grain, first.size(1));
            out.narrow(0, 0, first.size(0)).copy_(first);
            for (int from = step; from < rows; from += step) {
                try (Scope ignored = Scope.inner()) {
                    Tensor part = work.apply(x.narrow(0, from, Math.min(step, rows - from)));
                    out.narrow(0, from / grain, part.size(0)).copy_(part);
                }
            }
            return scope.keep(out);
        }
    }
}

package dev.fovea.core.model.vision;

import dev.fovea.core.model.Weights;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Learned positions that are added to the embeddings of patches. */
sealed interface PositionTable {

    /**
     * The positions of a grid: {@code [class token or none + rows * cols, width]}, or a scalar nought where there are
     * none to add.
     */
    Tensor of(long rows, long cols);

    /**
     * One row per cell of the trained grid, the class token's first; interpolated bicubically for other grids.
     *
     * @param table {@code [class token or none + side * side, width]}
     * @param first rows before the grid
     * @param side of the trained grid
     */
    record Interpolated(Tensor table, long first, long side) implements PositionTable {
        @Override
        public Tensor of(long rows, long cols) {
            if (rows == side && cols == side) {
                return table;
            }
            long width = table.size(1);
            Tensor grid = Tensors.to(table.narrow(0, first, side * side), DType.F32)
                    .view(1, side, side, width)
                    .permute(0, 3, 1, 2);
            Tensor resized = torch.upsample_bicubic2d(
                            grid, new long[] {rows, cols}, false, new DoubleOptional(), new DoubleOptional())
                    .permute(0, 2, 3, 1)
                    .reshape(rows * cols, width);
            Tensor cells = Tensors.to(resized, DType.of(table.scalar_type()));
            return first == 0 ? cells : Tensors.cat(0, table.narrow(0, 0, first), cells);
        }
    }

    /**
     * One row per cell of the trained grid, of which each patch takes the one that its upper left corner lies in, both
     * grids stretched over the picture.
     *
     * @param table {@code [side * side, width]}
     * @param side of the trained grid
     */
    record Bucketed(Tensor table, int side) implements PositionTable {
        private static final float BELOW_ONE = 1 - 1e-6f;

        @Override
        public Tensor of(long rows, long cols) {
            int[] down = buckets((int) rows);
            int[] across = buckets((int) cols);
            int[] cells = new int[down.length * across.length];
            for (int i = 0; i < cells.length; i++) {
                cells[i] = down[i / across.length] * side + across[i % across.length];
            }
            return table.index_select(0, Tensors.indices(cells));
        }

        /** In f32, as the reference counts: the trained cell of each of {@code n} patches in a line. */
        private int[] buckets(int n) {
            int[] out = new int[n];
            float step = 1f / n;
            for (int i = 0; i < n; i++) {
                float at = Math.min(i * step, BELOW_ONE);
                int bucket = 0;
                while (bucket < side - 1 && (float) ((bucket + 1) * (1.0 / side)) <= at) {
                    bucket++;
                }
                out[i] = bucket;
            }
            return out;
        }
    }

    /**
     * One row per cell of the trained grid, whose corners are laid on those of the picture's grid; between cells rows are
     * mixed by how near they are.
     *
     * @param table {@code [side * side, width]}
     * @param side of the trained grid
     */
    record Linear(Tensor table, long side) implements PositionTable {
        @Override
        public Tensor of(long rows, long cols) {
            long width = table.size(1);
            Tensor grid =
                    Tensors.to(table, DType.F32).view(1, side, side, width).permute(0, 3, 1, 2);
            Tensor resized = torch.upsample_bilinear2d(
                            grid, new long[] {rows, cols}, true, new DoubleOptional(), new DoubleOptional())
                    .permute(0, 2, 3, 1)
                    .reshape(rows * cols, width);
            return Tensors.to(resized, DType.of(table.scalar_type()));
        }
    }

    /**
     * One row per cell of the trained grid, resized bilinearly; where the grid at hand is smaller, each of its cells takes
     * all that it covers.
     *
     * @param table {@code [side * side, width]}
     * @param side of the trained grid
     */
    record Resized(Tensor table, int side) implements PositionTable {
        @Override
        public Tensor of(long rows, long cols) {
            if (rows == side && cols == side) {
                return table;
            }
            long width = table.size(1);
            Tensor wide = Tensors.to(table, DType.F32).view(side, side, width);
            Tensor down = weights((int) rows).matmul(wide.reshape(side, side * width));
            Tensor across = weights((int) cols)
                    .matmul(down.view(rows, side, width).transpose(0, 1).reshape(side, rows * width));
            Tensor cells = across.view(cols, rows, width).transpose(0, 1).reshape(rows * cols, width);
            return Tensors.to(cells, DType.of(table.scalar_type()));
        }

        /** What each of {@code n} cells in a line takes of the trained ones: {@code [n, side]}, a triangle's weights. */
        private Tensor weights(int n) {
            float[] weights = new float[n * side];
            float step = (float) side / n;
            float reach = Math.max(1, step);
            for (int i = 0; i < n; i++) {
                float centre = step * (i + 0.5f);
                int from = Math.max(0, (int) (centre - reach + 0.5f));
                int to = Math.min(side, (int) (centre + reach + 0.5f));
                float total = 0;
                for (int j = from; j < to; j++) {
                    float w = Math.max(0, 1 - Math.abs((j - centre + 0.5f) / reach));
                    weights[i * side + j] = w;
                    total += w;
                }
                for (int j = from; j < to; j++) {
                    weights[i * side + j] /= total;
                }
            }
            return Tensors.of(weights, n, side);
        }
    }

    /** Nothing is added. */
    record None() implements PositionTable {
        @Override
        public Tensor of(long rows, long cols) {
            return Tensors.zeros(DType.F32, 1);
        }
    }

    /** The table that the options ask for, under {@code w}. */
    static PositionTable load(VisionOptions o, Weights w) {
        String name = "embeddings.position_embedding.weight";
        int side = o.patches().gridSide();
        long cells = (long) side * side;
        return switch (o.positions()) {
            case INTERPOLATED -> {
                long first = o.classToken() ? 1 : 0;
                yield new Interpolated(w.tensor(name, first + cells, o.width()), first, side);
            }
            case RESIZED -> new Resized(w.tensor(name, cells, o.width()), side);
            case BUCKETED -> new Bucketed(w.tensor(name, cells, o.width()), side);
            case LINEAR_AND_ROTARY -> new Linear(w.tensor(name, cells, o.width()), side);
            case ROTARY, ROTARY_IN_TURNS, NONE -> new None();
        };
    }
}

package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Layout;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Regularly spaced cells of a patch grid. */
public final class UniformGrid {
    private UniformGrid() {}

    /** Cells whose row and column are multiples of {@code stride}, ascending (FEATHER's grid). */
    public static int[] strided(int rows, int cols, int stride) {
        if (stride < 1) {
            throw new IllegalArgumentException("A stride must be at least 1, got " + stride + ".");
        }
        int down = (rows + stride - 1) / stride;
        int across = (cols + stride - 1) / stride;
        int[] cells = new int[down * across];
        for (int i = 0; i < down; i++) {
            for (int j = 0; j < across; j++) {
                cells[i * across + j] = i * stride * cols + j * stride;
            }
        }
        return cells;
    }

    /**
     * Exactly {@code count} cells, ascending: the largest lattice with about the aspect ratio of the grid that fits,
     * each point in the middle of its block, then the cells farthest from all chosen ones until the count is reached.
     */
    public static int[] ofCount(int rows, int cols, int count) {
        if (count < 1 || count > rows * cols) {
            throw new IllegalArgumentException(
                    "Cannot place " + count + " points on a grid of " + rows + " x " + cols + " cells.");
        }
        int down = Math.clamp((long) Math.sqrt((double) count * rows / cols), 1, rows);
        int across = Math.clamp(count / down, 1, cols);
        down = Math.min(rows, count / across);
        int[] chosen = new int[count];
        for (int i = 0; i < down; i++) {
            for (int j = 0; j < across; j++) {
                chosen[i * across + j] = middle(i, down, rows) * cols + middle(j, across, cols);
            }
        }
        fill(chosen, down * across, rows, cols);
        Arrays.sort(chosen);
        return chosen;
    }

    private static int middle(int i, int parts, int length) {
        return (2 * i + 1) * length / (2 * parts);
    }

    private static void fill(int[] chosen, int have, int rows, int cols) {
        int[] nearest = new int[rows * cols];
        Arrays.fill(nearest, Integer.MAX_VALUE);
        for (int i = 0; i < have; i++) {
            approach(nearest, chosen[i], cols);
        }
        for (int i = have; i < chosen.length; i++) {
            int farthest = 0;
            for (int cell = 1; cell < nearest.length; cell++) {
                if (nearest[cell] > nearest[farthest]) {
                    farthest = cell;
                }
            }
            chosen[i] = farthest;
            approach(nearest, farthest, cols);
        }
    }

    /** Lowers every cell's squared distance to its nearest chosen cell. */
    private static void approach(int[] nearest, int chosen, int cols) {
        int row = chosen / cols;
        int col = chosen % cols;
        for (int cell = 0; cell < nearest.length; cell++) {
            int dr = cell / cols - row;
            int dc = cell % cols - col;
            nearest[cell] = Math.min(nearest[cell], dr * dr + dc * dc);
        }
    }

    /**
     * Which of the visual tokens present lie on the grid of {@link #strided} in their image.
     *
     * @param stride 0 for no grid
     */
    public static IntStream onStride(Layout layout, int stride) {
        int[] cells = layout.cells();
        return IntStream.range(0, layout.images()).flatMap(image -> {
            int first = layout.firstCell(image);
            int cols = layout.grids().get(image).cols();
            int tokens = layout.grids().get(image).tokens();
            return IntStream.range(0, cells.length)
                    .filter(i -> stride > 0 && cells[i] >= first && cells[i] < first + tokens)
                    .filter(i -> (cells[i] - first) % cols % stride == 0 && (cells[i] - first) / cols % stride == 0);
        });
    }
}

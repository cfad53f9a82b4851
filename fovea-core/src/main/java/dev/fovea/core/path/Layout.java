package dev.fovea.core.path;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Where the tokens of one sample stand at a station.
 *
 * @param length number of tokens: at encoder stations visual tokens (without CLS), at the connector visual tokens of the
 *     image, in the language model all tokens of the prompt
 * @param visual ascending positions of the visual tokens among them ({@code 0..length-1} before the language model)
 * @param cells for each visual token the place it stands at: in its image {@code row * cols + col}, in the language
 *     model behind the cells of the images before it ({@link #firstCell}); a merged token has its anchor's cell, an
 *     appended token -1
 * @param grids the grids of visual tokens of the images in the sequence, in order (one before the language model). An
 *     image is what the encoder sees at once: a picture, or one of its tiles or frames.
 * @param total number of visual tokens that the sequence (or image) had before any technique acted
 */
public record Layout(int length, int[] visual, int[] cells, List<Ledger.Grid> grids, int total) {

    public Layout {
        grids = List.copyOf(grids);
    }

    /** A layout of images whose grids are all alike. */
    public Layout(int length, int[] visual, int[] cells, int rows, int cols, int images, int total) {
        this(length, visual, cells, Collections.nCopies(images, new Ledger.Grid(rows, cols)), total);
    }

    /** Number of visual tokens present. */
    public int visualCount() {
        return visual.length;
    }

    /** Number of images in the sequence (1 before the language model). */
    public int images() {
        return grids.size();
    }

    /** Rows of the grid of the first image: before the language model the only one. */
    public int rows() {
        return grids.isEmpty() ? 0 : grids.getFirst().rows();
    }

    /** Columns of the grid of the first image: before the language model the only one. */
    public int cols() {
        return grids.isEmpty() ? 0 : grids.getFirst().cols();
    }

    /** The cell at which an image begins; for {@code image == images()} the number of all cells. */
    public int firstCell(int image) {
        return grids.subList(0, image).stream()
                .mapToInt(g -> g.rows() * g.cols())
                .sum();
    }

    /** Positions of the text tokens after the first visual one, ascending. */
    public int[] instruction() {
        int first = visual.length == 0 ? length : visual[0];
        return IntStream.range(first, length)
                .filter(i -> Arrays.binarySearch(visual, i) < 0)
                .toArray();
    }

    /** Positions of all text tokens, ascending. */
    public int[] text() {
        return IntStream.range(0, length)
                .filter(i -> Arrays.binarySearch(visual, i) < 0)
                .toArray();
    }

    /** A layout of one untouched image before the language model. */
    public static Layout ofGrid(int rows, int cols) {
        return ofGrid(new Ledger.Grid(rows, cols));
    }

    /** A layout of one untouched image before the language model. */
    public static Layout ofGrid(Ledger.Grid grid) {
        int n = grid.rows() * grid.cols();
        int[] all = new int[n];
        Arrays.setAll(all, i -> i);
        return new Layout(n, all, all.clone(), List.of(grid), n);
    }
}

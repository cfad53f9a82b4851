package dev.fovea.techniques.learned;

import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Part;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The visual tokens of a prompt by what words read at once, in the order in which they do (LLaVA-Mini, arXiv 2501.03895):
 * all that an image came with, then those that it was compressed to. A picture that was cut is read as one: the rows of its
 * tiles side by side, its overview, and what they were compressed to.
 *
 * @param others of each: indices of visual tokens, {@code [images][]}
 * @param compressed of each likewise
 */
@SuppressWarnings("ArrayRecordComponent") // made for one decision; never compared
record FusedPrompt(int[][] others, int[][] compressed) {
    private static final long ROW = 1L << 24;
    private static final long BEHIND = 1L << 60;

    /**
     * The images of a prompt.
     *
     * @param number of each visual token its number among the compressed ones of its image from 1, or 0
     * @param cut whether overviews and tiles of one picture are read as one
     */
    static FusedPrompt of(Layout layout, float[] number, boolean cut) {
        int[] images = images(layout, number);
        int[] first = IntStream.range(0, layout.images())
                .map(image -> cut ? firstOf(layout, image) : image)
                .toArray();
        int[] each = IntStream.range(0, first.length).filter(i -> first[i] == i).toArray();
        int[][] others = new int[each.length][];
        int[][] compressed = new int[each.length][];
        for (int i = 0; i < each.length; i++) {
            int here = each[i];
            int[] own = IntStream.range(0, number.length)
                    .filter(v -> first[images[v]] == here)
                    .toArray();
            others[i] = IntStream.of(own)
                    .filter(v -> number[v] == 0)
                    .boxed()
                    .sorted(Comparator.comparingLong(v -> place(layout, images[v], v)))
                    .mapToInt(Integer::intValue)
                    .toArray();
            compressed[i] = IntStream.of(own).filter(v -> number[v] != 0).toArray();
        }
        return new FusedPrompt(others, compressed);
    }

    /** The first of the images of which this one shows a part. */
    private static int firstOf(Layout layout, int image) {
        Ledger.Grid own = layout.grids().get(image);
        return IntStream.rangeClosed(0, image)
                .filter(i -> i == image
                        || (isPart(own.part())
                                && isPart(layout.grids().get(i).part())
                                && layout.grids().get(i).picture() == own.picture()))
                .findFirst()
                .orElse(image);
    }

    private static boolean isPart(Part part) {
        return part instanceof Part.Overview || part instanceof Part.Tile;
    }

    /** Where a token comes among those of its picture: in the rows of all tiles, or behind them. */
    private static long place(Layout layout, int image, int v) {
        Ledger.Grid grid = layout.grids().get(image);
        int cell = layout.cells()[v] < 0 ? -1 : layout.cells()[v] - layout.firstCell(image);
        if (!(grid.part() instanceof Part.Tile tile) || cell < 0) {
            return BEHIND + cell;
        }
        long row = (long) tile.row() * grid.rows() + cell / grid.cols();
        return row * ROW + (long) tile.column() * grid.cols() + cell % grid.cols();
    }

    /** To which image each token belongs: compressed ones follow a cell of theirs, class tokens stand before one. */
    private static int[] images(Layout layout, float[] number) {
        int[] cells = layout.cells();
        int[] images = new int[cells.length];
        for (int v = 0; v < cells.length; v++) {
            if (cells[v] >= 0) {
                images[v] = imageOf(layout, cells[v]);
            } else if (v > 0) {
                images[v] = images[v - 1];
            }
        }
        for (int v = cells.length - 2; v >= 0; v--) {
            if (cells[v] < 0 && number[v] == 0) {
                images[v] = images[v + 1];
            }
        }
        return images;
    }

    private static int imageOf(Layout layout, int cell) {
        int image = 0;
        while (cell >= layout.firstCell(image + 1)) {
            image++;
        }
        return image;
    }

    int images() {
        return others.length;
    }
}

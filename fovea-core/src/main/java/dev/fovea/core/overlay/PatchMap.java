package dev.fovea.core.overlay;

import dev.fovea.core.image.Geometry;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Part;
import java.util.Arrays;
import java.util.List;

/**
 * The grid of visual tokens of one picture on the overlay's canvas, with what became of every patch.
 *
 * @param rows rows of the grid
 * @param cols columns of the grid
 * @param x canvas column at which each column of patches begins, and where the last ends: {@code [cols + 1]}
 * @param y canvas row at which each row of patches begins, and where the last ends: {@code [rows + 1]}
 * @param kept whether something of the patch reached the end: {@code [rows * cols]}
 * @param group the merged group of each patch, or -1 where it stands alone or is gone: {@code [rows * cols]}
 * @param groups how many groups there are
 * @param score the last score of each patch, or NaN: {@code [rows * cols]}
 */
@SuppressWarnings("ArrayRecordComponent") // a private carrier between two classes, never compared
record PatchMap(int rows, int cols, int[] x, int[] y, boolean[] kept, int[] group, int groups, float[] score) {

    /**
     * The map of one image, or of the tiles of one picture beside each other.
     *
     * @param images which of the ledger's
     * @param geometry of every image of the ledger
     * @param tokenPixels side of the square of prepared pixels that a visual token stands for
     */
    static PatchMap of(
            Ledger ledger, List<Integer> images, List<Geometry> geometry, int tokenPixels, int width, int height) {
        Ledger.Grid grid = ledger.images().get(images.getFirst());
        int tileRows = 1;
        int tileCols = 1;
        for (int image : images) {
            tileRows = Math.max(tileRows, 1 + tileRow(ledger.images().get(image)));
            tileCols = Math.max(tileCols, 1 + tileCol(ledger.images().get(image)));
        }
        int rows = tileRows * grid.rows();
        int cols = tileCols * grid.cols();
        int[] cellOf = cells(ledger, images, cols);
        Cells cells = new Cells(rows * cols);
        for (Ledger.Group survivor : ledger.survivors()) {
            cells.add(survivor, cellOf);
        }
        int[] x = new int[cols + 1];
        int[] y = new int[rows + 1];
        for (int image : images) {
            Geometry g = geometry.get(image);
            Ledger.Grid own = ledger.images().get(image);
            double toCanvasX = (double) width / g.originalWidth();
            double toCanvasY = (double) height / g.originalHeight();
            for (int c = 0; c <= own.cols(); c++) {
                x[tileCol(own) * grid.cols() + c] = snap(g.originalX(c * (double) tokenPixels) * toCanvasX, width);
            }
            for (int r = 0; r <= own.rows(); r++) {
                y[tileRow(own) * grid.rows() + r] = snap(g.originalY(r * (double) tokenPixels) * toCanvasY, height);
            }
        }
        return new PatchMap(
                rows, cols, x, y, cells.kept, cells.group, cells.groups, scores(ledger, cellOf, cells.kept.length));
    }

    boolean has(int row, int col) {
        return row >= 0 && row < rows && col >= 0 && col < cols;
    }

    int cell(int row, int col) {
        return row * cols + col;
    }

    /** Patches of which something reached the end. */
    int keptPatches() {
        int n = 0;
        for (boolean k : kept) {
            n += k ? 1 : 0;
        }
        return n;
    }

    private static int snap(double at, int size) {
        return (int) Math.round(Math.clamp(at, 0, size));
    }

    private static int tileRow(Ledger.Grid grid) {
        return grid.part() instanceof Part.Tile tile ? tile.row() : 0;
    }

    private static int tileCol(Ledger.Grid grid) {
        return grid.part() instanceof Part.Tile tile ? tile.column() : 0;
    }

    /** For each token of the ledger its cell in the grid of these images; -1 for others and class tokens. */
    private static int[] cells(Ledger ledger, List<Integer> images, int cols) {
        List<Ledger.Token> tokens = ledger.tokens();
        int[] out = new int[tokens.size()];
        for (int i = 0; i < out.length; i++) {
            Ledger.Token t = tokens.get(i);
            Ledger.Grid own = ledger.images().get(t.image());
            int row = tileRow(own) * own.rows() + t.row();
            int col = tileCol(own) * own.cols() + t.col();
            out[i] = images.contains(t.image()) && t.row() >= 0 ? row * cols + col : -1;
        }
        return out;
    }

    private static float[] scores(Ledger ledger, int[] cellOf, int cells) {
        float[] all = ledger.scores();
        float[] out = new float[cells];
        Arrays.fill(out, Float.NaN);
        for (int i = 0; i < cellOf.length; i++) {
            if (cellOf[i] >= 0) {
                out[cellOf[i]] = all[i];
            }
        }
        return out;
    }

    /** The cells while the survivors are gone through; a patch in several groups belongs where it weighs most. */
    private static final class Cells {
        final boolean[] kept;
        final int[] group;
        final float[] weight;
        int groups;

        Cells(int cells) {
            kept = new boolean[cells];
            group = new int[cells];
            weight = new float[cells];
            Arrays.fill(group, -1);
        }

        void add(Ledger.Group survivor, int[] cellOf) {
            int here = 0;
            for (int member : survivor.members()) {
                here += member >= 0 && cellOf[member] >= 0 ? 1 : 0;
            }
            if (here == 0) {
                return;
            }
            int id = survivor.members().length > 1 ? groups++ : -1;
            for (int k = 0; k < survivor.members().length; k++) {
                int member = survivor.members()[k];
                int cell = member < 0 ? -1 : cellOf[member];
                float w = Math.abs(survivor.weights()[k]);
                if (cell >= 0 && (!kept[cell] || w > weight[cell])) {
                    kept[cell] = true;
                    group[cell] = id;
                    weight[cell] = w;
                }
            }
        }
    }
}

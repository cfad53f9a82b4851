package dev.fovea.core.overlay;

import dev.fovea.core.image.Geometry;
import dev.fovea.core.path.Ledger;
import java.util.Arrays;
import java.util.List;

/**
 * The patch grid of one picture on the overlay's canvas, with what became of every patch.
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

    static PatchMap of(Ledger ledger, int image, Geometry geometry, int patchSize, int width, int height) {
        Ledger.Grid grid = ledger.images().get(image);
        int[] cellOf = cells(ledger, image, grid.cols());
        Cells cells = new Cells(grid.rows() * grid.cols());
        for (Ledger.Group survivor : ledger.survivors()) {
            cells.add(survivor, cellOf);
        }
        double toCanvasX = (double) width / geometry.originalWidth();
        double toCanvasY = (double) height / geometry.originalHeight();
        int[] x = new int[grid.cols() + 1];
        for (int c = 0; c < x.length; c++) {
            x[c] = snap(geometry.originalX(c * (double) patchSize) * toCanvasX, width);
        }
        int[] y = new int[grid.rows() + 1];
        for (int r = 0; r < y.length; r++) {
            y[r] = snap(geometry.originalY(r * (double) patchSize) * toCanvasY, height);
        }
        return new PatchMap(
                grid.rows(),
                grid.cols(),
                x,
                y,
                cells.kept,
                cells.group,
                cells.groups,
                scores(ledger, cellOf, cells.kept.length));
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

    /** For each token of the ledger its cell in this picture's grid; -1 for other pictures and class tokens. */
    private static int[] cells(Ledger ledger, int image, int cols) {
        List<Ledger.Token> tokens = ledger.tokens();
        int[] out = new int[tokens.size()];
        for (int i = 0; i < out.length; i++) {
            Ledger.Token t = tokens.get(i);
            out[i] = t.image() == image && t.row() >= 0 ? t.row() * cols + t.col() : -1;
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

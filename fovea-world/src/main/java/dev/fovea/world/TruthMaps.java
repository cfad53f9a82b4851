package dev.fovea.world;

import java.util.ArrayList;
import java.util.List;

/**
 * What is exactly true of a picture, place by place: which object covers it, how near that is, and where outlines run.
 * Maps have a value for each square cell of the picture, row by row; a cell of one pixel is the truth itself.
 *
 * @param columns cells in a row
 * @param rows rows of cells
 * @param masks for each object, by index, the share of a cell that is seen of it, 0 to 1: {@code [rows * columns]}
 * @param nearness how near what is seen lies: 0 for the background, and for objects, from back to front, {@code 1 / n, 2 /
 *     n, ... 1}; the mean over a cell: {@code [rows * columns]}
 * @param edges 1 where an outline runs through the cell, otherwise 0: {@code [rows * columns]}. The outline of an object is
 *     made of its own outermost pixels, those beside what lies behind it
 */
@SuppressWarnings("ArrayRecordComponent") // plain carriers for tensors; never compared
public record TruthMaps(int columns, int rows, List<float[]> masks, float[] nearness, float[] edges) {

    /** Keeps its own copy of the list. */
    public TruthMaps {
        masks = List.copyOf(masks);
    }

    /** The maps of a picture cut into square cells of {@code cell} pixels; both sides must be multiples of it. */
    public static TruthMaps of(Picture picture, int cell) {
        if (cell < 1 || picture.width() % cell != 0 || picture.height() % cell != 0) {
            throw new IllegalArgumentException("A picture of " + picture.width() + " by " + picture.height()
                    + " pixels cannot be cut into cells of " + cell + "; choose a divisor of both sides.");
        }
        int objects = picture.extents().size();
        int columns = picture.width() / cell;
        int rows = picture.height() / cell;
        List<float[]> masks = new ArrayList<>();
        for (int i = 0; i < objects; i++) {
            masks.add(new float[rows * columns]);
        }
        float[] nearness = new float[rows * columns];
        float[] edges = new float[rows * columns];
        float pixel = 1f / (cell * cell);
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                int owner = picture.owner()[y * picture.width() + x];
                if (owner < 0) {
                    continue;
                }
                int at = y / cell * columns + x / cell;
                masks.get(owner)[at] += pixel;
                nearness[at] += pixel * (owner + 1) / objects;
                if (outermost(picture, x, y, owner)) {
                    edges[at] = 1;
                }
            }
        }
        return new TruthMaps(columns, rows, masks, nearness, edges);
    }

    /** Whether a pixel of an object touches one of what lies behind it. */
    private static boolean outermost(Picture picture, int x, int y, int owner) {
        return behind(picture, x - 1, y, owner)
                || behind(picture, x + 1, y, owner)
                || behind(picture, x, y - 1, owner)
                || behind(picture, x, y + 1, owner);
    }

    private static boolean behind(Picture picture, int x, int y, int owner) {
        boolean inside = x >= 0 && y >= 0 && x < picture.width() && y < picture.height();
        return inside && picture.owner()[y * picture.width() + x] < owner;
    }
}

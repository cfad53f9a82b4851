package dev.fovea.core.image;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How InternVL's models cut a picture into tiles: into the grid whose shape is nearest to its own, stretched to whole tiles
 * (InternVL 1.5, arXiv 2404.16821, section 3.2; the published processor).
 *
 * @param tileHeight of a tile in pixels
 * @param tileWidth of a tile in pixels
 * @param least fewest tiles
 * @param most tiles at most
 */
record BestGrid(int tileHeight, int tileWidth, int least, int most) {
    /** Of grids that suit a picture alike, a larger one is taken while it is not beyond twice the picture's area. */
    private static final double ENLARGED = 0.5;

    /** Rows and columns of tiles. */
    record Grid(int rows, int columns) {}

    /** How a picture of {@code width} by {@code height} pixels is cut. */
    Grid of(int width, int height) {
        double aspect = (double) width / height;
        double area = (double) width * height;
        double nearest = Double.POSITIVE_INFINITY;
        Grid best = new Grid(1, 1);
        for (Grid grid : grids()) {
            double apart = Math.abs(aspect - (double) grid.columns / grid.rows);
            double pixels = (double) tileHeight * tileWidth * grid.columns * grid.rows;
            if (apart < nearest || (apart == nearest && area > ENLARGED * pixels)) {
                nearest = apart;
                best = grid;
            }
        }
        return best;
    }

    private List<Grid> grids() {
        List<Grid> grids = new ArrayList<>();
        for (int columns = 1; columns <= most; columns++) {
            for (int rows = 1; rows <= most / columns; rows++) {
                if (rows * columns >= least) {
                    grids.add(new Grid(rows, columns));
                }
            }
        }
        grids.sort(Comparator.comparingInt(g -> g.rows * g.columns));
        return grids;
    }
}

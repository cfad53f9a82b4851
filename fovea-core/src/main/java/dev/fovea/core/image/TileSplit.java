package dev.fovea.core.image;

/**
 * How Idefics3 and SmolVLM cut a picture into tiles: the longer side is scaled to {@code longestEdge}, both sides then to
 * whole tiles, and the whole picture once more to a single tile that comes last (Idefics3, arXiv 2408.12637, section 3.1;
 * the published processor).
 *
 * @param longestEdge pixels of the longer side before it is cut; 0 where the picture keeps its size until then
 * @param tile side of a tile in pixels
 */
public record TileSplit(int longestEdge, int tile) {
    /** No side grows beyond this, whatever the configuration asks for. */
    private static final int MAX_SIDE = 4096;

    public TileSplit {
        if (longestEdge < 1 || tile < 1) {
            throw new IllegalArgumentException("A longest edge of " + longestEdge
                    + " pixels cannot be cut into tiles of " + tile + "; both must be at least 1");
        }
    }

    /**
     * The two sizes a picture passes through, and its grid of tiles.
     *
     * @param first width and height when the longer side is {@code longestEdge}
     * @param whole width and height in whole tiles
     * @param rows tiles from top to bottom; 0 where the picture is not cut because it is a single tile
     * @param columns tiles from left to right, or 0
     */
    public record Tiling(DynamicSize.Size first, DynamicSize.Size whole, int rows, int columns) {
        /** Tiles and, behind them, the whole picture as one. */
        public int pictures() {
            return rows * columns + 1;
        }
    }

    /** How a picture of {@code width} by {@code height} pixels is cut. */
    public Tiling of(int width, int height) {
        DynamicSize.Size first = first(width, height);
        DynamicSize.Size whole = wholeTiles(first.width(), first.height());
        boolean cut = whole.width() > tile || whole.height() > tile;
        return new Tiling(first, whole, cut ? whole.height() / tile : 0, cut ? whole.width() / tile : 0);
    }

    /** Width and height when the longer side is {@code longestEdge}, before the picture is cut. */
    DynamicSize.Size first(int width, int height) {
        return longestEdge == 0 ? new DynamicSize.Size(width, height) : bounded(scaled(width, height));
    }

    /** The shorter side follows in proportion, rounded down and then up to an even number. */
    private DynamicSize.Size scaled(int width, int height) {
        double aspect = (double) width / height;
        if (width >= height) {
            return new DynamicSize.Size(longestEdge, Math.max(1, even((int) (longestEdge / aspect))));
        }
        return new DynamicSize.Size(Math.max(1, even((int) (longestEdge * aspect))), longestEdge);
    }

    private static int even(int side) {
        return side + side % 2;
    }

    private static DynamicSize.Size bounded(DynamicSize.Size size) {
        double aspect = (double) size.width() / size.height();
        if (size.width() >= size.height() && size.width() > MAX_SIDE) {
            return new DynamicSize.Size(MAX_SIDE, Math.max(1, (int) (MAX_SIDE / aspect)));
        }
        if (size.height() > size.width() && size.height() > MAX_SIDE) {
            return new DynamicSize.Size(Math.max(1, (int) (MAX_SIDE * aspect)), MAX_SIDE);
        }
        return size;
    }

    private DynamicSize.Size wholeTiles(int width, int height) {
        double aspect = (double) width / height;
        if (width >= height) {
            int columns = up(width);
            return new DynamicSize.Size(columns, up((int) (columns / aspect)));
        }
        int rows = up(height);
        return new DynamicSize.Size(up((int) (rows * aspect)), rows);
    }

    private int up(int side) {
        return Math.ceilDiv(side, tile) * tile;
    }
}

package dev.fovea.techniques.learned;

/**
 * Into how many tiles AdaptVision (arXiv 2408.16986) cuts a picture: as many as its size asks for, so that it is enlarged
 * rather than made smaller, up to a limit.
 *
 * @param rows of tiles
 * @param cols columns of tiles
 */
record TileGrid(int rows, int cols) {

    /**
     * The grid of a picture: its longer side rounded up to whole tiles, its shorter one in proportion to that.
     *
     * @param width pixels in a row
     * @param height rows
     * @param side of a tile in pixels
     * @param most tiles along a side
     */
    static TileGrid of(int width, int height, int side, int most) {
        boolean tall = height >= width;
        int longer = Math.min(Math.ceilDiv(Math.max(width, height), side), most);
        double scaled = (double) ((long) longer * side * Math.min(width, height)) / Math.max(width, height);
        int shorter = Math.min(Math.ceilDiv(Math.max((int) scaled, 1), side), most);
        return tall ? new TileGrid(longer, shorter) : new TileGrid(shorter, longer);
    }

    /** Number of tiles. */
    int tiles() {
        return rows * cols;
    }
}

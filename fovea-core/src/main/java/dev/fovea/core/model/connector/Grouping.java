package dev.fovea.core.model.connector;

/**
 * Which patches make which visual token of the language model: token {@code (r, c)} stands for the square of patches
 * {@code (r * side .., c * side ..)}, row by row.
 *
 * @param side patches along each side of a token; 1 where every patch is a token
 */
public record Grouping(int side) {
    public Grouping {
        if (side < 1) {
            throw new IllegalArgumentException("A visual token needs at least one patch, got a side of " + side);
        }
    }

    /** Every patch is a token. */
    public static Grouping none() {
        return new Grouping(1);
    }

    /** Patches that one token stands for. */
    public int patches() {
        return side * side;
    }

    /**
     * The patches of a grid, token by token: where each stands row by row.
     *
     * @param rows rows of patches, a multiple of {@link #side}
     * @param cols columns of patches, a multiple of {@link #side}
     */
    public int[] order(int rows, int cols) {
        int[] order = new int[rows * cols];
        int tokenCols = cols / side;
        for (int i = 0; i < order.length; i++) {
            int token = i / patches();
            int inside = i % patches();
            int row = token / tokenCols * side + inside / side;
            int col = token % tokenCols * side + inside % side;
            order[i] = row * cols + col;
        }
        return order;
    }
}

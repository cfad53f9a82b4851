package dev.fovea.core.path;

import org.jspecify.annotations.Nullable;

/**
 * Which visual tokens a view becomes, where these are not simply all that it is made of. Counted in tokens of the
 * encoder: squares of patches where several make one token.
 *
 * @param top rows above what is seen: padding that the encoder attends to and nobody else knows
 * @param left columns before it
 * @param rows rows that are seen
 * @param cols columns that are seen
 * @param blend how they become fewer tokens behind the projector, or null where each stays one
 */
public record Seen(
        int top, int left, int rows, int cols, @Nullable Blend blend) {

    /**
     * A part of a canvas of one or several views beside each other that is interpolated to another size, bilinearly and
     * across the borders of views. A token belongs to the view in which its centre lies.
     *
     * @param canvasRows rows of the canvas before
     * @param canvasCols columns of the canvas before
     * @param totalRows rows of it afterwards
     * @param totalCols columns of it afterwards
     * @param top the row of the canvas before at which this view begins
     * @param left the column at which it begins
     * @param row the first row afterwards that belongs to this view
     * @param col the first column afterwards
     * @param rows rows afterwards that belong to it
     * @param cols columns afterwards that belong to it
     */
    public record Blend(
            int canvasRows,
            int canvasCols,
            int totalRows,
            int totalCols,
            int top,
            int left,
            int row,
            int col,
            int rows,
            int cols) {}

    /** Whether a cell of the whole view is seen. */
    public boolean contains(int row, int col) {
        return row >= top && row < top + rows && col >= left && col < left + cols;
    }

    /** Rows of its visual tokens in the language model. */
    public int tokenRows() {
        return blend == null ? rows : blend.rows();
    }

    /** Columns of its visual tokens in the language model. */
    public int tokenCols() {
        return blend == null ? cols : blend.cols();
    }
}

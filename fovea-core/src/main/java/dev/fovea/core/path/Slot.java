package dev.fovea.core.path;

/** What a placeholder in a prompt stands for. */
public sealed interface Slot {

    /**
     * Some rows of the visual tokens of a view, which need not all be there any more. Tokens that stand at no cell go with
     * the last row.
     *
     * @param view index of the view
     * @param from the first row
     * @param to the row behind the last one
     */
    record Rows(int view, int from, int to) implements Slot {}

    /** The learned token that ends a row or a picture. No technique sees it, and it stays where all of its row is gone. */
    record Newline() implements Slot {}

    /** All tokens of a view. */
    static Slot whole(int view) {
        return new Rows(view, 0, Integer.MAX_VALUE);
    }

    /** The same where so many views come before. */
    default Slot behind(int views) {
        return switch (this) {
            case Rows rows -> new Rows(views + rows.view(), rows.from(), rows.to());
            case Newline newline -> newline;
        };
    }
}

package dev.fovea.world;

/** Names for where an object is: the nine cells of a 3 × 3 grid over the picture. */
final class Places {
    private static final double CLEAR = 0.025;
    private static final String[] NAMES = {
        "top left", "top", "top right", "left", "centre", "right", "bottom left", "bottom", "bottom right"
    };

    private Places() {}

    static int cell(double position) {
        return Math.clamp((int) (position * 3), 0, 2);
    }

    static int row(Picture picture, int index) {
        return cell(picture.centreY(index));
    }

    static int column(Picture picture, int index) {
        return cell(picture.centreX(index));
    }

    static String name(Picture picture, int index) {
        return NAMES[3 * row(picture, index) + column(picture, index)];
    }

    static String rowAndColumn(Picture picture, int index) {
        return "row " + (row(picture, index) + 1) + " column " + (column(picture, index) + 1);
    }

    /** Whether the visible centre is clearly inside its cell. */
    static boolean clear(Picture picture, int index) {
        return clear(picture.centreX(index)) && clear(picture.centreY(index));
    }

    private static boolean clear(double position) {
        return Math.abs(position - 1 / 3.0) >= CLEAR && Math.abs(position - 2 / 3.0) >= CLEAR;
    }
}

package dev.fovea.world;

import java.util.random.RandomGenerator;

/**
 * How large a scene's canvas is, in sides of the usual one. Objects and their letters are as large as ever: on a canvas of
 * three by three they are small and far from each other.
 *
 * @param width 1 to {@link #MOST}
 * @param height 1 to {@link #MOST}
 */
public record Canvas(double width, double height) {
    /** The longest side. */
    public static final double MOST = 4;

    /** The usual canvas. */
    public static final Canvas SQUARE = new Canvas(1, 1);

    /** Share of the canvases drawn that are the usual one. */
    private static final double USUAL = 0.25;

    /** The longest side of the others that are drawn. */
    private static final double LONGEST = 3;

    /** Checks the ranges. */
    public Canvas {
        if (!(width >= 1 && width <= MOST && height >= 1 && height <= MOST)) {
            throw new IllegalArgumentException("A canvas of " + width + " by " + height
                    + " was asked for; choose both sides from 1 to " + (int) MOST + ", 1 being the usual one.");
        }
    }

    /** One at random: the usual one in a quarter of the draws, else of one to three sides in either direction. */
    public static Canvas drawn(RandomGenerator random) {
        return random.nextDouble() < USUAL
                ? SQUARE
                : new Canvas(random.nextDouble(1, LONGEST), random.nextDouble(1, LONGEST));
    }

    /** Columns of its picture where the usual one has {@code size}. */
    int columns(int size) {
        return (int) Math.round(width * size);
    }

    /** Rows of its picture where the usual one has {@code size}. */
    int rows(int size) {
        return (int) Math.round(height * size);
    }

    /** Its longer side. */
    double longer() {
        return Math.max(width, height);
    }
}

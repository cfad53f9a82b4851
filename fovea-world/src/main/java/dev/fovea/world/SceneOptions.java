package dev.fovea.world;

/**
 * What scenes are like.
 *
 * @param minObjects fewest objects, at least 1
 * @param maxObjects most objects (a sign counts as one), at most 6
 * @param signs share of scenes with a sign, 0 to 1 (odd-one-out scenes have none)
 * @param glyphs share of shapes that carry a letter or digit, 0 to 0.8
 * @param textured share of objects that are striped or dotted, 0 to 1
 * @param apart share of scenes whose objects are kept from overlapping, 0 to 1
 * @param repeated share of scenes with the theme {@link Theme#REPEATED}
 * @param odd share of scenes with the theme {@link Theme#ODD_ONE_OUT}
 * @param canvas what scenes stand on
 */
public record SceneOptions(
        int minObjects,
        int maxObjects,
        double signs,
        double glyphs,
        double textured,
        double apart,
        double repeated,
        double odd,
        Canvas canvas) {

    /** Checks the ranges. */
    public SceneOptions {
        if (minObjects < 1 || maxObjects > 6 || minObjects > maxObjects) {
            throw new IllegalArgumentException("A scene holds 1 to 6 objects, but " + minObjects + " to " + maxObjects
                    + " were asked for; choose both numbers from 1 to 6, the smaller first.");
        }
        share("signs", signs, 1);
        share("glyphs", glyphs, 0.8);
        share("textured", textured, 1);
        share("apart", apart, 1);
        share("repeated", repeated, 1);
        share("odd", odd, 1 - repeated);
    }

    /** Scenes on the usual canvas. */
    public SceneOptions(
            int minObjects,
            int maxObjects,
            double signs,
            double glyphs,
            double textured,
            double apart,
            double repeated,
            double odd) {
        this(minObjects, maxObjects, signs, glyphs, textured, apart, repeated, odd, Canvas.SQUARE);
    }

    private static void share(String name, double value, double most) {
        if (!(value >= 0 && value <= most)) {
            throw new IllegalArgumentException(
                    "The share of " + name + " is " + value + "; choose a number from 0 to " + most + ".");
        }
    }

    /** The world as it is meant: 1 to 6 objects, a sign in about a fifth of scenes, glyphs on about a third of shapes. */
    public static SceneOptions defaults() {
        return new SceneOptions(1, 6, 0.25, 0.35, 0.5, 0.18, 0.25, 0.2);
    }

    /** The same with other numbers of objects. */
    public SceneOptions withObjects(int min, int max) {
        return new SceneOptions(min, max, signs, glyphs, textured, apart, repeated, odd, canvas);
    }

    /** The same with other shares of signs and glyphs. */
    public SceneOptions withText(double signShare, double glyphShare) {
        return new SceneOptions(minObjects, maxObjects, signShare, glyphShare, textured, apart, repeated, odd, canvas);
    }

    /** The same on another canvas. */
    public SceneOptions withCanvas(Canvas other) {
        return new SceneOptions(minObjects, maxObjects, signs, glyphs, textured, apart, repeated, odd, other);
    }
}

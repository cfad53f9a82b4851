package dev.fovea.world;

import org.jspecify.annotations.Nullable;

/**
 * The geometry of one object in its own frame: the canvas moved to the object's centre, turned back by its angle, in
 * units of its radius.
 */
final class Body {
    private static final double SIGN_LETTERS = 1.2;
    private static final double SIGN_MARGIN = 0.42;
    private static final double GLYPH_HEIGHT = 0.9;

    final SceneObject object;
    final double cos;
    final double sin;
    /** Half the sides of the canvas-aligned square or rectangle that surely holds the object, in canvas units. */
    final double halfWidth;

    final double halfHeight;
    private final double plate;
    private final @Nullable String text;
    private final double textX;
    private final double textY;
    private final double textUnit;

    Body(SceneObject object) {
        this.object = object;
        cos = StrictMath.cos(object.angle());
        sin = StrictMath.sin(object.angle());
        text = object.text();
        Shape shape = object.shape();
        textUnit = (shape == Shape.SIGN ? SIGN_LETTERS : GLYPH_HEIGHT * room(shape)) / Glyphs.HEIGHT;
        plate = text == null ? 1 : Glyphs.width(text) * textUnit / 2 + SIGN_MARGIN;
        textX = shape == Shape.ARROW ? 0.22 : 0;
        textY = switch (shape) {
            case TRIANGLE -> 0.24;
            case HEART -> -0.12;
            case STAR -> 0.06;
            default -> 0;
        };
        double r = object.radius();
        if (shape == Shape.SIGN) {
            halfWidth = (plate * Math.abs(cos) + Math.abs(sin)) * r;
            halfHeight = (plate * Math.abs(sin) + Math.abs(cos)) * r;
        } else {
            halfWidth = Silhouettes.REACH * r;
            halfHeight = Silhouettes.REACH * r;
        }
    }

    /** Height of a glyph on a shape relative to the usual nine tenths of the radius. */
    private static double room(Shape shape) {
        return switch (shape) {
            case STAR -> 0.78;
            case TRIANGLE -> 0.88;
            case ARROW -> 0.76;
            case DIAMOND -> 0.92;
            default -> 1;
        };
    }

    /** Signed distance to the outline in radii; (x, y) in the object's frame. */
    double distance(double x, double y) {
        return object.shape() == Shape.SIGN
                ? Silhouettes.box(x, y, plate, 1)
                : Silhouettes.distance(object.shape(), x, y);
    }

    /** Signed distance to the ink of the text in radii, or a large number where there is none near. */
    double ink(double x, double y) {
        if (text == null || !nearText(x, y)) {
            return Double.MAX_VALUE;
        }
        return Glyphs.distance(text, (x - textX) / textUnit, (y - textY) / textUnit) * textUnit;
    }

    /** Whether a point of the object's frame lies in the text's box (with a pen's margin) or, on a sign, anywhere. */
    boolean nearText(double x, double y) {
        if (text == null) {
            return false;
        }
        if (object.shape() == Shape.SIGN) {
            return true;
        }
        double halfBoxHeight = (Glyphs.HEIGHT / 2 + 2 * Glyphs.PEN) * textUnit;
        double halfBoxWidth = (Glyphs.width(text) / 2 + 2 * Glyphs.PEN) * textUnit;
        return Math.abs(x - textX) <= halfBoxWidth && Math.abs(y - textY) <= halfBoxHeight;
    }

    /** For the columns {@code from} to {@code to} of a canvas, how far right of the object's centre each lies, in radii. */
    double[] across(int size, int from, int to) {
        return offsets(object.cx(), size, from, to);
    }

    /** The same for rows, downwards. */
    double[] down(int size, int from, int to) {
        return offsets(object.cy(), size, from, to);
    }

    private double[] offsets(double centre, int size, int from, int to) {
        double[] offsets = new double[Math.max(to - from, 0)];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = ((from + i + 0.5) / size - centre) / object.radius();
        }
        return offsets;
    }

    boolean hasText() {
        return text != null;
    }
}

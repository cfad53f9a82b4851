package dev.fovea.world;

import java.util.List;
import java.util.Locale;

/** What an object is: ten plain silhouettes, and the sign, a plate that carries a word. */
public enum Shape {
    CIRCLE,
    SQUARE,
    TRIANGLE,
    STAR,
    HEART,
    CROSS,
    RING,
    DIAMOND,
    MOON,
    ARROW,
    SIGN;

    /** The ten shapes without the sign, in order. */
    public static final List<Shape> PLAIN =
            List.of(CIRCLE, SQUARE, TRIANGLE, STAR, HEART, CROSS, RING, DIAMOND, MOON, ARROW);

    /** All shapes, the sign last. */
    public static final List<Shape> ALL = List.of(values());

    private final String word = name().toLowerCase(Locale.ROOT);

    /** The English noun, as in "star". */
    public String word() {
        return word;
    }

    /** The English plural, as in "crosses". */
    public String plural() {
        return this == CROSS ? "crosses" : word + "s";
    }

    /** Whether a letter or digit fits on the shape: not on the ring or the moon, which are too thin. */
    public boolean carriesGlyph() {
        return this != RING && this != MOON && this != SIGN;
    }
}

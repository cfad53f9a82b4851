package dev.fovea.world;

import org.jspecify.annotations.Nullable;

/**
 * One object of a scene. Positions and lengths are in canvas units: 0 to 1 across the usual canvas, to {@link Canvas#width}
 * and {@link Canvas#height} on others; x rightwards, y downwards.
 *
 * @param index place in the scene's list; a higher index lies in front of a lower one
 * @param shape its silhouette
 * @param colour its named colour
 * @param size its named size
 * @param texture its named texture
 * @param text a capital letter, a digit, or a sign's word; null when it carries none
 * @param cx centre, x
 * @param cy centre, y
 * @param radius half its extent; half the height of the plate for a sign
 * @param angle clockwise turn in radians, at most 12°
 * @param rgb the exact shade of its colour, 0xRRGGBB
 */
public record SceneObject(
        int index,
        Shape shape,
        Colour colour,
        Size size,
        Texture texture,
        @Nullable String text,
        double cx,
        double cy,
        double radius,
        double angle,
        int rgb) {

    /** What kind of text the object carries. */
    public TextKind textKind() {
        if (text == null) {
            return TextKind.NONE;
        }
        if (shape == Shape.SIGN) {
            return TextKind.WORD;
        }
        return Character.isDigit(text.charAt(0)) ? TextKind.DIGIT : TextKind.LETTER;
    }

    /** The kinds of text. */
    public enum TextKind {
        NONE,
        LETTER,
        DIGIT,
        WORD
    }
}

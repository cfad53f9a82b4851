package dev.fovea.world;

import org.jspecify.annotations.Nullable;

/**
 * Objects that a text says are there, as in "two red stars".
 *
 * @param colour null where none is said, or where the world has no such colour
 * @param shape null where only a colour is said, as in "two red ones", or where the world has no such shape
 * @param foreign whether what is said of them fits nothing that the world has: "a grey star", "a red hexagon"
 * @param count how many, at least 1; of a bare plural 2
 * @param start where their noun begins in the text, in characters
 * @param end where it ends
 */
public record Mention(@Nullable Colour colour, @Nullable Shape shape, boolean foreign, int count, int start, int end) {

    /** Whether an object is such a one. */
    public boolean fits(SceneObject o) {
        Kind kind = Kind.of(o);
        return !foreign && (colour == null || colour == kind.colour()) && (shape == null || shape == kind.shape());
    }

    /** As in "2 red star", "1 star", "2 red object" or "1 other". */
    public String words() {
        return count
                + (colour == null ? "" : " " + colour.word())
                + (foreign ? " other" : shape == null ? " object" : " " + shape.word());
    }
}

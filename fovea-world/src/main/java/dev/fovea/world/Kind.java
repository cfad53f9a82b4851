package dev.fovea.world;

import java.util.ArrayList;
import java.util.List;

/**
 * What an object is called: its colour and shape, or that it is a sign. The kinds are to the world what the categories are
 * to a data set of photographs.
 *
 * @param colour white for a sign, which has no other
 */
public record Kind(Colour colour, Shape shape) {
    /** Every kind there is: each shape in each colour, the sign last. */
    public static final List<Kind> ALL = all();

    /** @throws IllegalArgumentException for a sign of another colour than white */
    public Kind {
        if (shape == Shape.SIGN && colour != Colour.WHITE) {
            throw new IllegalArgumentException("A sign is white, not " + colour.word() + ".");
        }
    }

    private static List<Kind> all() {
        List<Kind> all = new ArrayList<>();
        for (Shape shape : Shape.PLAIN) {
            for (Colour colour : Colour.ALL) {
                all.add(new Kind(colour, shape));
            }
        }
        all.add(new Kind(Colour.WHITE, Shape.SIGN));
        return List.copyOf(all);
    }

    /** That of an object. */
    public static Kind of(SceneObject o) {
        return new Kind(o.shape() == Shape.SIGN ? Colour.WHITE : o.colour(), o.shape());
    }

    /** Those of a scene, each once, in the order in which they come. */
    public static List<Kind> of(Scene scene) {
        return scene.objects().stream().map(Kind::of).distinct().toList();
    }

    /** The noun, as in "red star" or "sign". */
    public String words() {
        return shape == Shape.SIGN ? shape.word() : colour.word() + " " + shape.word();
    }

    /** The noun with its article, as in "an orange star". */
    public String withArticle() {
        return Phrases.withArticle(words());
    }
}

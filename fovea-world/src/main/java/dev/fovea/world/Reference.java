package dev.fovea.world;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A noun phrase for objects by some of their attributes, as in "large red star"; attributes that are null are not
 * mentioned.
 */
record Reference(
        @Nullable Size size,
        @Nullable Texture texture,
        @Nullable Colour colour,
        @Nullable Shape shape,
        @Nullable String text) {

    /** What a reference may mention. */
    enum Attribute {
        SIZE,
        TEXTURE,
        COLOUR,
        SHAPE,
        TEXT
    }

    private static final double[] ORDER = {4, 6, 3, 1.2, 1.2, 0.6, 0.6, 1};

    boolean matches(SceneObject o) {
        return (size == null || size == o.size())
                && (texture == null || texture == o.texture())
                && (colour == null || colour == o.colour())
                && (shape == null || shape == o.shape())
                && (text == null || text.equals(o.text()));
    }

    int count(Scene scene) {
        int count = 0;
        for (SceneObject o : scene.objects()) {
            count += matches(o) ? 1 : 0;
        }
        return count;
    }

    /** The objects that it fits, from back to front. */
    List<SceneObject> among(Scene scene) {
        return scene.objects().stream().filter(this::matches).toList();
    }

    /** Without an article: "large red star", "red object", "object with the letter B". */
    String words() {
        StringBuilder words = new StringBuilder();
        if (size != null) {
            words.append(size.word()).append(' ');
        }
        if (texture != null) {
            words.append(texture.word()).append(' ');
        }
        if (colour != null) {
            words.append(colour.word()).append(' ');
        }
        words.append(shape == null ? "object" : shape.word());
        if (text != null) {
            words.append(" with the ")
                    .append(Character.isDigit(text.charAt(0)) ? "digit " : "letter ")
                    .append(text);
        }
        return words.toString();
    }

    String plural() {
        return (colour == null ? "" : colour.word() + " ") + (shape == null ? "objects" : shape.plural());
    }

    String withArticle() {
        return Phrases.withArticle(words());
    }

    /** A phrase that fits this object alone and mentions none of the banned attributes; null if there is none. */
    static @Nullable Reference unique(Scene scene, SceneObject o, Dice dice, Attribute... banned) {
        List<Reference> fitting = new ArrayList<>();
        List<Double> weights = new ArrayList<>();
        List<Reference> all = phrases(o);
        for (int i = 0; i < all.size(); i++) {
            Reference phrase = all.get(i);
            if (phrase != null && !phrase.mentions(banned) && phrase.count(scene) == 1) {
                fitting.add(phrase);
                weights.add(ORDER[i]);
            }
        }
        if (fitting.isEmpty()) {
            return null;
        }
        return fitting.get(dice.weighted(weights.stream().mapToDouble(d -> d).toArray()));
    }

    private static List<Reference> phrases(SceneObject o) {
        if (o.shape() == Shape.SIGN) {
            return List.of(new Reference(null, null, null, Shape.SIGN, null));
        }
        List<Reference> phrases = new ArrayList<>(List.of(
                new Reference(null, null, null, o.shape(), null),
                new Reference(null, null, o.colour(), o.shape(), null),
                new Reference(null, null, o.colour(), null, null),
                new Reference(o.size(), null, null, o.shape(), null),
                new Reference(o.size(), null, o.colour(), o.shape(), null),
                new Reference(null, o.texture(), null, o.shape(), null),
                new Reference(null, o.texture(), o.colour(), null, null)));
        if (o.text() != null) {
            phrases.add(new Reference(null, null, null, null, o.text()));
        }
        return phrases;
    }

    private boolean mentions(Attribute... banned) {
        for (Attribute attribute : banned) {
            boolean mentioned = switch (attribute) {
                case SIZE -> size != null;
                case TEXTURE -> texture != null;
                case COLOUR -> colour != null;
                case SHAPE -> shape != null;
                case TEXT -> text != null;
            };
            if (mentioned) {
                return true;
            }
        }
        return false;
    }
}

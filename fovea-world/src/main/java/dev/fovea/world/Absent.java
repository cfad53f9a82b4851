package dev.fovea.world;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** References to what a scene does not hold, drawn in the three ways of POPE (Li et al., 2023). */
final class Absent {
    private Absent() {}

    /** The ways. */
    enum Way {
        RANDOM,
        POPULAR,
        ADVERSARIAL
    }

    /** A colour and shape that no object has together; null if the way finds none. */
    static @Nullable Reference coloured(Scene scene, Way way, Dice dice) {
        return switch (way) {
            case RANDOM -> firstAbsent(scene, dice, everything());
            case POPULAR -> firstAbsent(scene, dice, popular());
            case ADVERSARIAL -> adversarial(scene, dice);
        };
    }

    /** A shape that no object has; null if all are there. */
    static @Nullable Reference shape(Scene scene, Dice dice) {
        List<Reference> candidates = new ArrayList<>();
        for (Shape shape : Shape.PLAIN) {
            candidates.add(new Reference(null, null, null, shape, null));
        }
        return firstAbsent(scene, dice, candidates);
    }

    /** A colour that no object has; null if all are there. */
    static @Nullable Reference colour(Scene scene, Dice dice) {
        List<Reference> candidates = new ArrayList<>();
        for (Colour colour : Colour.ALL) {
            candidates.add(new Reference(null, null, colour, null, null));
        }
        return firstAbsent(scene, dice, candidates);
    }

    /** An object that is there except for its size, or its texture: "large star" beside a small one. */
    static @Nullable Reference swapped(Scene scene, Dice dice) {
        List<Reference> candidates = new ArrayList<>();
        for (SceneObject o : scene.objects()) {
            if (o.shape() != Shape.SIGN) {
                candidates.add(new Reference(dice.pick(Size.ALL), null, null, o.shape(), null));
                candidates.add(new Reference(null, dice.pick(Texture.ALL), null, o.shape(), null));
                candidates.add(new Reference(dice.pick(Size.ALL), null, o.colour(), o.shape(), null));
            }
        }
        return firstAbsent(scene, dice, candidates);
    }

    private static List<Reference> everything() {
        List<Reference> all = new ArrayList<>();
        for (Colour colour : Colour.ALL) {
            for (Shape shape : Shape.PLAIN) {
                all.add(new Reference(null, null, colour, shape, null));
            }
        }
        return all;
    }

    private static List<Reference> popular() {
        List<Reference> all = new ArrayList<>();
        for (Casting.Role role : Casting.POPULAR) {
            all.add(new Reference(null, null, role.colour(), role.shape(), null));
        }
        return all;
    }

    /** A colour of one object on the shape of another; failing that, one object's colour or shape exchanged. */
    private static @Nullable Reference adversarial(Scene scene, Dice dice) {
        List<Reference> crossed = new ArrayList<>();
        List<Reference> exchanged = new ArrayList<>();
        for (SceneObject a : scene.objects()) {
            if (a.shape() == Shape.SIGN) {
                continue;
            }
            for (SceneObject b : scene.objects()) {
                crossed.add(new Reference(null, null, b.colour(), a.shape(), null));
            }
            exchanged.add(new Reference(null, null, dice.pick(Colour.ALL), a.shape(), null));
            exchanged.add(new Reference(null, null, a.colour(), dice.pick(Shape.PLAIN), null));
        }
        Reference found = firstAbsent(scene, dice, crossed);
        return found != null ? found : firstAbsent(scene, dice, exchanged);
    }

    private static @Nullable Reference firstAbsent(Scene scene, Dice dice, List<Reference> candidates) {
        List<Reference> absent = new ArrayList<>();
        for (Reference candidate : candidates) {
            if (candidate.count(scene) == 0) {
                absent.add(candidate);
            }
        }
        return absent.isEmpty() ? null : dice.pick(absent);
    }
}

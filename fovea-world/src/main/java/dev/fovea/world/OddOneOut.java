package dev.fovea.world;

import dev.fovea.world.Questions.Asking;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Questions about the one object that differs from all others, in scenes arranged for them. */
final class OddOneOut {
    private OddOneOut() {}

    static @Nullable Question odd(Asking asking) {
        if (asking.scene().theme() != Theme.ODD_ONE_OUT) {
            return null;
        }
        List<SceneObject> objects = asking.scene().objects();
        SceneObject byColour = single(objects, SceneObject::colour);
        SceneObject byShape = single(objects, SceneObject::shape);
        Dice dice = asking.dice();
        SceneObject odd = byColour != null ? byColour : byShape;
        if (odd == null) {
            return null;
        }
        if (dice.chance(0.35)) {
            if (!Places.clear(asking.picture(), odd.index())) {
                return null;
            }
            return new Question(
                            Skill.ODD_ONE_OUT,
                            "place",
                            dice.pick(Phrases.ODD_PLACE),
                            Places.name(asking.picture(), odd.index()),
                            List.of(Places.rowAndColumn(asking.picture(), odd.index())))
                    .about(odd);
        }
        return dice.chance(0.5)
                ? new Question(
                                Skill.ODD_ONE_OUT,
                                "colour",
                                dice.pick(Phrases.ODD_COLOUR),
                                odd.colour().word())
                        .about(odd)
                : new Question(
                                Skill.ODD_ONE_OUT,
                                "shape",
                                dice.pick(Phrases.ODD_SHAPE),
                                odd.shape().word())
                        .about(odd);
    }

    /** The object whose attribute no other has while all others share theirs; null if there is none. */
    static <T> @Nullable SceneObject single(List<SceneObject> objects, Function<SceneObject, T> attribute) {
        if (objects.size() < 3) {
            return null;
        }
        for (SceneObject candidate : objects) {
            List<T> others = objects.stream()
                    .filter(o -> o.index() != candidate.index())
                    .map(attribute)
                    .distinct()
                    .toList();
            if (others.size() == 1 && !others.getFirst().equals(attribute.apply(candidate))) {
                return candidate;
            }
        }
        return null;
    }
}

package dev.fovea.world;

import dev.fovea.world.Questions.Asking;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Questions about left, right, above and below. Only clear cases are asked. */
final class RelationQuestions {
    private static final double CLEAR = 0.12;

    private RelationQuestions() {}

    /** One of the four sides: its direction, x rightwards and y downwards, and its wordings. */
    private record Side(int x, int y, List<String> words) {
        static final List<Side> ALL = List.of(
                new Side(-1, 0, List.of("left of the #", "to the left of the #")),
                new Side(1, 0, List.of("right of the #", "to the right of the #")),
                new Side(0, -1, List.of("above the #", "higher than the #")),
                new Side(0, 1, List.of("below the #", "lower than the #")));

        /** How far {@code a} lies on this side of {@code b}, in canvas units; negative on the other side. */
        double lead(Picture picture, SceneObject a, SceneObject b) {
            return x * (picture.centreX(a.index()) - picture.centreX(b.index()))
                    + y * (picture.centreY(a.index()) - picture.centreY(b.index()));
        }
    }

    static @Nullable Question relation(Asking asking) {
        if (asking.scene().objects().size() < 2) {
            return null;
        }
        return asking.dice().chance(0.65) ? yesOrNo(asking) : which(asking);
    }

    private static @Nullable Question yesOrNo(Asking asking) {
        Dice dice = asking.dice();
        boolean yes = dice.chance(0.5);
        Side side = dice.pick(Side.ALL);
        SceneObject a = asking.any();
        SceneObject b = asking.any();
        double lead = side.lead(asking.picture(), a, b);
        if (yes ? lead < CLEAR : lead > -CLEAR) {
            return null;
        }
        Reference first = Reference.unique(asking.scene(), a, dice);
        Reference second = Reference.unique(asking.scene(), b, dice);
        if (first == null || second == null) {
            return null;
        }
        String where = Phrases.fill(side.words, dice, second.words());
        String text = Phrases.fill(Phrases.RELATION, dice, first.words(), where);
        return new Question(Skill.RELATION, "yes or no", text, yes ? "yes" : "no").about(a, b);
    }

    /** Asked when exactly one object is clearly on that side and none is doubtful. */
    private static @Nullable Question which(Asking asking) {
        Dice dice = asking.dice();
        Side side = dice.pick(Side.ALL);
        SceneObject anchor = asking.any();
        SceneObject found = null;
        for (SceneObject o : asking.scene().objects()) {
            double lead = side.lead(asking.picture(), o, anchor);
            if (o.index() == anchor.index() || lead <= -CLEAR / 3) {
                continue;
            }
            if (lead < CLEAR || found != null) {
                return null;
            }
            found = o;
        }
        if (found == null) {
            return null;
        }
        Reference reference = Reference.unique(asking.scene(), anchor, dice);
        if (reference == null) {
            return null;
        }
        String where = Phrases.fill(side.words, dice, reference.words());
        return new Question(
                        Skill.RELATION,
                        "which shape",
                        Phrases.fill(Phrases.RELATED, dice, where),
                        found.shape().word())
                .about(anchor, found);
    }
}

package dev.fovea.world;

import dev.fovea.world.Questions.Asking;
import dev.fovea.world.Reference.Attribute;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Questions that hold two objects or two groups against each other. */
final class ComparisonQuestions {
    private static final int RETRIES = 12;

    private ComparisonQuestions() {}

    static @Nullable Question comparison(Asking asking) {
        return switch (asking.dice().weighted(new double[] {3, 2, 2, 2, 1})) {
            case 0 -> which(asking);
            case 1 -> isBigger(asking);
            case 2 -> more(asking);
            case 3 -> same(asking, true);
            default -> same(asking, false);
        };
    }

    /** Two plain objects with references that do not mention the banned attribute. */
    private record Pair(SceneObject a, SceneObject b, Reference first, Reference second) {
        static @Nullable Pair draw(Asking asking, Attribute... banned) {
            return of(asking, asking.any(), asking.any(), banned);
        }

        static @Nullable Pair of(Asking asking, SceneObject a, SceneObject b, Attribute... banned) {
            if (a.index() == b.index() || a.shape() == Shape.SIGN || b.shape() == Shape.SIGN) {
                return null;
            }
            Reference first = Reference.unique(asking.scene(), a, asking.dice(), banned);
            Reference second = Reference.unique(asking.scene(), b, asking.dice(), banned);
            return first == null || second == null ? null : new Pair(a, b, first, second);
        }
    }

    private static @Nullable Question which(Asking asking) {
        Pair pair = Pair.draw(asking, Attribute.SIZE, Attribute.TEXT);
        if (pair == null || pair.a.size() == pair.b.size()) {
            return null;
        }
        boolean larger = asking.dice().chance(0.6);
        boolean first = pair.a.size().compareTo(pair.b.size()) > 0 == larger;
        SceneObject winner = first ? pair.a : pair.b;
        SceneObject other = first ? pair.b : pair.a;
        List<String> accepted = new ArrayList<>();
        if (winner.shape() != other.shape()) {
            accepted.add(winner.shape().word());
        }
        if (winner.colour() != other.colour()) {
            accepted.add(winner.colour().word());
            accepted.add(winner.colour().word() + " object");
        }
        if (winner.shape() != other.shape() || winner.colour() != other.colour()) {
            accepted.add(winner.colour().word() + " " + winner.shape().word());
        }
        String text = Phrases.fill(
                larger ? Phrases.LARGER : Phrases.SMALLER, asking.dice(), pair.first.words(), pair.second.words());
        return new Question(Skill.COMPARISON, "which", text, (first ? pair.first : pair.second).words(), accepted)
                .about(pair.a, pair.b);
    }

    private static @Nullable Question isBigger(Asking asking) {
        boolean yes = asking.dice().chance(0.5);
        boolean larger = asking.dice().chance(0.6);
        Pair pair = Pair.draw(asking, Attribute.SIZE);
        if (pair == null || pair.a.size() == pair.b.size()) {
            return null;
        }
        if (pair.a.size().compareTo(pair.b.size()) > 0 == larger != yes) {
            pair = new Pair(pair.b, pair.a, pair.second, pair.first);
        }
        String text = Phrases.fill(
                larger ? Phrases.BIGGER_THAN : Phrases.SMALLER_THAN,
                asking.dice(),
                pair.first.words(),
                pair.second.words());
        return new Question(Skill.COMPARISON, "bigger", text, yes ? "yes" : "no").about(pair.a, pair.b);
    }

    /** Groups by shape or by colour; for "no" the first group is smaller or, less often, equal. */
    private static @Nullable Question more(Asking asking) {
        Dice dice = asking.dice();
        boolean yes = dice.chance(0.5);
        boolean byShape = dice.chance(0.5);
        boolean equal = !yes && dice.chance(0.2);
        Reference first = group(asking, byShape);
        Reference second = group(asking, byShape);
        int lead = first.count(asking.scene()) - second.count(asking.scene());
        for (int i = 0; i < RETRIES && (first.equals(second) || (equal ? lead != 0 : lead == 0)); i++) {
            first = group(asking, byShape);
            second = group(asking, byShape);
            lead = first.count(asking.scene()) - second.count(asking.scene());
        }
        if (first.equals(second) || (equal ? lead != 0 : lead == 0)) {
            return null;
        }
        boolean turn = !equal && lead > 0 != yes;
        String text =
                Phrases.fill(Phrases.MORE, dice, (turn ? second : first).plural(), (turn ? first : second).plural());
        return new Question(Skill.COMPARISON, "more", text, yes ? "yes" : "no")
                .about(either(asking.scene(), first, second));
    }

    private static List<SceneObject> either(Scene scene, Reference first, Reference second) {
        return scene.objects().stream()
                .filter(o -> first.matches(o) || second.matches(o))
                .toList();
    }

    private static Reference group(Asking asking, boolean byShape) {
        Dice dice = asking.dice();
        SceneObject o = asking.any();
        boolean present = dice.chance(0.8);
        if (byShape) {
            boolean usable = present && o.shape() != Shape.SIGN;
            return new Reference(null, null, null, usable ? o.shape() : dice.pick(Shape.PLAIN), null);
        }
        return new Reference(null, null, present ? o.colour() : dice.pick(Colour.ALL), null, null);
    }

    /** Asked only where the scene has a pair for either answer, so that the wording does not give the answer away. */
    private static @Nullable Question same(Asking asking, boolean colour) {
        List<Pair> alike = new ArrayList<>();
        List<Pair> unlike = new ArrayList<>();
        for (SceneObject a : asking.scene().objects()) {
            for (SceneObject b : asking.scene().objects()) {
                Pair pair = Pair.of(asking, a, b, colour ? Attribute.COLOUR : Attribute.SHAPE);
                if (pair != null) {
                    boolean same = colour ? a.colour() == b.colour() : a.shape() == b.shape();
                    (same ? alike : unlike).add(pair);
                }
            }
        }
        if (alike.isEmpty() || unlike.isEmpty()) {
            return null;
        }
        boolean yes = asking.dice().chance(0.5);
        Pair pair = asking.dice().pick(yes ? alike : unlike);
        String text = Phrases.fill(
                colour ? Phrases.SAME_COLOUR : Phrases.SAME_SHAPE,
                asking.dice(),
                pair.first.words(),
                pair.second.words());
        return new Question(Skill.COMPARISON, colour ? "same colour" : "same shape", text, yes ? "yes" : "no")
                .about(pair.a, pair.b);
    }
}

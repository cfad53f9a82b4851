package dev.fovea.world;

import dev.fovea.world.Questions.Asking;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Questions about whether something is there, and questions of other skills about what is not. */
final class PresenceQuestions {
    /** The answer when a question's object is not in the picture. */
    static final String NOT_THERE = "not there";

    private static final List<String> ACCEPTED_ABSENCE = List.of("none", "no", "not present", "not in picture");

    /** Shares of references by colour and shape, by shape alone, by colour alone. */
    private static final double[] DETAIL = {0.6, 0.2, 0.2};

    private PresenceQuestions() {}

    /** Yes and no equally often: the coin is thrown before the scene is looked at. */
    static @Nullable Question presence(Asking asking) {
        Dice dice = asking.dice();
        boolean there = dice.chance(0.5);
        int detail = dice.weighted(DETAIL);
        Reference reference;
        String kind = "positive";
        if (there) {
            SceneObject o = asking.any();
            if (o.shape() == Shape.SIGN && detail != 1) {
                return presenceOf(asking, new Reference(null, null, o.colour(), null, null), kind, true);
            }
            reference =
                    new Reference(null, null, detail == 1 ? null : o.colour(), detail == 2 ? null : o.shape(), null);
        } else if (detail == 0) {
            Absent.Way way = dice.pick(List.of(Absent.Way.values()));
            kind = way.name().toLowerCase(Locale.ROOT);
            reference = Absent.coloured(asking.scene(), way, dice);
        } else {
            kind = "random";
            reference = detail == 2
                    ? Absent.colour(asking.scene(), dice)
                    : noSign(asking) && dice.chance(0.08)
                            ? new Reference(null, null, null, Shape.SIGN, null)
                            : Absent.shape(asking.scene(), dice);
        }
        return reference == null ? null : presenceOf(asking, reference, kind, there);
    }

    private static Question presenceOf(Asking asking, Reference reference, String kind, boolean there) {
        String text = Phrases.fill(Phrases.PRESENCE, asking.dice(), reference.withArticle());
        return new Question(Skill.PRESENCE, kind, text, there ? "yes" : "no").about(reference.among(asking.scene()));
    }

    private static boolean noSign(Asking asking) {
        return asking.scene().objects().stream().noneMatch(o -> o.shape() == Shape.SIGN);
    }

    /** The wording of another skill about an absent object. */
    static @Nullable Question unanswerable(Asking asking) {
        Dice dice = asking.dice();
        int template = dice.weighted(new double[] {3, 2, 2.2, 0.8, 2, 0.5});
        if (template == 5) {
            return noSign(asking) ? absence("sign", dice.pick(Phrases.SIGN)) : null;
        }
        boolean colourAsked = template == 0;
        boolean shapeAsked = template == 1;
        Reference reference = absent(asking, colourAsked, shapeAsked);
        if (reference == null) {
            return null;
        }
        List<String> wordings = switch (template) {
            case 0 -> Phrases.COLOUR;
            case 1 -> Phrases.SHAPE;
            case 2 -> dice.chance(0.7) ? Phrases.WHERE : Phrases.CELL;
            case 3 -> Phrases.BOX;
            default -> dice.chance(0.65) ? Phrases.LETTER : Phrases.DIGIT;
        };
        String kind = List.of("colour", "shape", "place", "box", "reading").get(template);
        return absence(kind, Phrases.fill(wordings, dice, reference.words()));
    }

    private static Question absence(String kind, String text) {
        return new Question(Skill.UNANSWERABLE, kind, text, NOT_THERE, ACCEPTED_ABSENCE);
    }

    private static @Nullable Reference absent(Asking asking, boolean colourAsked, boolean shapeAsked) {
        Scene scene = asking.scene();
        Dice dice = asking.dice();
        if (shapeAsked) {
            return absentWithoutShape(scene, dice);
        }
        if (colourAsked) {
            Reference reference = dice.chance(0.65) ? Absent.shape(scene, dice) : Absent.swapped(scene, dice);
            return reference == null || reference.colour() != null ? null : reference;
        }
        double mark = dice.unit();
        if (mark < 0.3) {
            return Absent.shape(scene, dice);
        }
        if (mark < 0.45) {
            return Absent.colour(scene, dice);
        }
        if (mark < 0.6) {
            return Absent.swapped(scene, dice);
        }
        return Absent.coloured(scene, dice.chance(0.4) ? Absent.Way.RANDOM : Absent.Way.ADVERSARIAL, dice);
    }

    private static @Nullable Reference absentWithoutShape(Scene scene, Dice dice) {
        if (dice.chance(0.7)) {
            return Absent.colour(scene, dice);
        }
        Texture texture = dice.pick(Texture.ALL);
        Reference textured = new Reference(null, texture, dice.pick(Colour.ALL), null, null);
        return textured.count(scene) == 0 ? textured : null;
    }
}

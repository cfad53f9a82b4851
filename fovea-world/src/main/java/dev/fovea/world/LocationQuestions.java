package dev.fovea.world;

import dev.fovea.world.Questions.Asking;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Questions for an object's place: a cell of the 3 × 3 grid in words or by row and column, or its box. */
final class LocationQuestions {
    private static final double[] TEMPLATES = {0.5, 0.25, 0.25};

    private LocationQuestions() {}

    static @Nullable Question location(Asking asking) {
        Dice dice = asking.dice();
        int template = dice.weighted(TEMPLATES);
        SceneObject o = asking.any();
        Picture picture = asking.picture();
        if (template != 2 && !Places.clear(picture, o.index())) {
            return null;
        }
        Reference reference = Reference.unique(asking.scene(), o, dice);
        if (reference == null) {
            return null;
        }
        String name = Places.name(picture, o.index());
        String cell = Places.rowAndColumn(picture, o.index());
        return switch (template) {
            case 0 ->
                new Question(
                                Skill.LOCATION,
                                "place",
                                Phrases.fill(Phrases.WHERE, dice, reference.words()),
                                name,
                                List.of(cell))
                        .about(o);
            case 1 ->
                new Question(
                                Skill.LOCATION,
                                "row and column",
                                Phrases.fill(Phrases.CELL, dice, reference.words()),
                                cell,
                                List.of(name))
                        .about(o);
            default -> box(asking, o, reference);
        };
    }

    private static Question box(Asking asking, SceneObject o, Reference reference) {
        Picture picture = asking.picture();
        Box box = picture.visibleBox(o.index());
        double across = 100.0 / picture.width();
        double down = 100.0 / picture.height();
        return new Question(
                        Skill.LOCATION,
                        "box",
                        Phrases.fill(Phrases.BOX, asking.dice(), reference.words()),
                        box.percent(picture.width(), picture.height()),
                        List.of(),
                        new Question.TrueBox(
                                box.left() * across, box.top() * down, box.right() * across, box.bottom() * down))
                .about(o);
    }
}

package dev.fovea.world;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A question about a picture and its answer.
 *
 * @param skill what it asks for
 * @param kind the template within the skill; for presence "positive" or the way the absent object was chosen
 *     ("random", "popular", "adversarial")
 * @param text the question
 * @param answer the answer, one or two words wherever possible
 * @param accepted other answers that are right too
 * @param box the true box that a box answer is held against; null for all other questions
 * @param about the objects of the scene that it speaks of, by index, ascending; empty where it speaks of none that is there
 */
public record Question(
        Skill skill,
        String kind,
        String text,
        String answer,
        List<String> accepted,
        @Nullable TrueBox box,
        List<Integer> about) {

    /** Keeps its own copies of the lists. */
    public Question {
        accepted = List.copyOf(accepted);
        about = List.copyOf(about);
    }

    Question(Skill skill, String kind, String text, String answer) {
        this(skill, kind, text, answer, List.of(), null);
    }

    Question(Skill skill, String kind, String text, String answer, List<String> accepted) {
        this(skill, kind, text, answer, accepted, null);
    }

    Question(Skill skill, String kind, String text, String answer, List<String> accepted, @Nullable TrueBox box) {
        this(skill, kind, text, answer, accepted, box, List.of());
    }

    /** The same question, saying which objects it speaks of. */
    Question about(SceneObject... objects) {
        return about(List.of(objects));
    }

    /** The same question, saying which objects it speaks of. */
    Question about(List<SceneObject> objects) {
        List<Integer> indices =
                objects.stream().map(SceneObject::index).distinct().sorted().toList();
        return new Question(skill, kind, text, answer, accepted, box, indices);
    }

    /** A rectangle in percent of the canvas, 0 to 100, not rounded. */
    public record TrueBox(double x1, double y1, double x2, double y2) {}
}

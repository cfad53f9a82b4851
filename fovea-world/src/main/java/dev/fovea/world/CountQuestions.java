package dev.fovea.world;

import dev.fovea.world.Questions.Asking;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Questions for the number of objects of a shape, of a colour, of both, or of all. */
final class CountQuestions {
    private static final double[] TEMPLATES = {0.08, 0.32, 0.3, 0.3};

    /** Weights of the answers 0 to 6 where a scene offers several: the rarer, the heavier. */
    private static final double[] WEIGHTS = {0.7, 0.6, 1.6, 3, 5, 7, 9};

    /** How often a draw with the answer 0 or 1 is refused, which leads to another draw. */
    private static final double COMMON_REFUSED = 0.5;

    private CountQuestions() {}

    static @Nullable Question count(Asking asking) {
        Dice dice = asking.dice();
        int template = dice.weighted(TEMPLATES);
        List<List<Reference>> byAnswer = new ArrayList<>();
        for (int i = 0; i < WEIGHTS.length; i++) {
            byAnswer.add(new ArrayList<>());
        }
        for (Reference candidate : candidates(asking.scene(), template, dice)) {
            byAnswer.get(candidate.count(asking.scene())).add(candidate);
        }
        double[] weights = WEIGHTS.clone();
        boolean some = false;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = byAnswer.get(i).isEmpty() ? 0 : weights[i];
            some |= weights[i] > 0;
        }
        if (!some) {
            return null;
        }
        int answer = dice.weighted(weights);
        if (answer < 2 && dice.chance(COMMON_REFUSED)) {
            return null;
        }
        Reference reference = dice.pick(byAnswer.get(answer));
        String kind = List.of("all", "colour", "shape", "colour and shape").get(template);
        String text = Phrases.fill(Phrases.COUNT, dice, reference.plural());
        return new Question(Skill.COUNT, kind, text, Integer.toString(answer)).about(reference.among(asking.scene()));
    }

    private static Set<Reference> candidates(Scene scene, int template, Dice dice) {
        Set<Reference> candidates = new LinkedHashSet<>();
        if (template == 0) {
            candidates.add(new Reference(null, null, null, null, null));
            return candidates;
        }
        boolean colour = template != 2;
        boolean shape = template != 1;
        for (SceneObject o : scene.objects()) {
            if (!shape || o.shape() != Shape.SIGN) {
                candidates.add(new Reference(null, null, colour ? o.colour() : null, shape ? o.shape() : null, null));
            }
        }
        Reference absent = switch (template) {
            case 1 -> Absent.colour(scene, dice);
            case 2 -> Absent.shape(scene, dice);
            default -> Absent.coloured(scene, dice.pick(List.of(Absent.Way.values())), dice);
        };
        if (absent != null) {
            candidates.add(absent);
        }
        return candidates;
    }
}

package dev.fovea.world;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Asks questions about pictures. Every draw follows from its seed alone. */
public final class Questions {
    private static final int TRIES = 12;
    private static final int MANY = 12;

    /** How readily a skill is sampled where it can be asked; rarer skills more, so that all come up about as often. */
    private static final Map<Skill, Double> READINESS = Map.of(Skill.ODD_ONE_OUT, 6.0, Skill.READING, 2.2);

    private Questions() {}

    /** As many different questions as a dozen draws for each skill give, skill by skill. */
    public static List<Question> of(Scene scene, Picture picture, long seed) {
        Map<String, Question> questions = new LinkedHashMap<>();
        for (Skill skill : Skill.ALL) {
            for (int i = 0; i < MANY; i++) {
                one(scene, picture, skill, Dice.mix(seed) + i)
                        .ifPresent(question -> questions.putIfAbsent(question.text(), question));
            }
        }
        return List.copyOf(questions.values());
    }

    /**
     * {@code k} different questions with skills as balanced as the scene allows: no skill comes a second time before
     * every other that can be asked has come once. Fewer than {@code k} if the scene gives no more.
     */
    public static List<Question> sample(Scene scene, Picture picture, long seed, int k) {
        Dice dice = new Dice(seed, 1000);
        Map<String, Question> questions = new LinkedHashMap<>();
        int fruitless = 0;
        while (questions.size() < k && fruitless < 3) {
            int before = questions.size();
            for (Skill skill : order(dice)) {
                if (questions.size() < k) {
                    one(scene, picture, skill, dice.next())
                            .ifPresent(question -> questions.putIfAbsent(question.text(), question));
                }
            }
            fruitless = questions.size() == before ? fruitless + 1 : 0;
        }
        List<Question> result = new ArrayList<>(questions.values());
        dice.shuffle(result);
        return result;
    }

    private static List<Skill> order(Dice dice) {
        List<Skill> order = new ArrayList<>();
        double[] weights = new double[Skill.ALL.size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = READINESS.getOrDefault(Skill.ALL.get(i), 1.0);
        }
        for (int i = 0; i < weights.length; i++) {
            int drawn = dice.weighted(weights);
            order.add(Skill.ALL.get(drawn));
            weights[drawn] = 0;
        }
        return order;
    }

    /** One question of a skill; empty if the scene does not allow it. */
    public static Optional<Question> one(Scene scene, Picture picture, Skill skill, long seed) {
        Dice dice = new Dice(seed, Skill.ALL.indexOf(skill));
        for (int i = 0; i < TRIES; i++) {
            Question question = draw(new Asking(scene, picture, dice), skill);
            if (question != null) {
                return Optional.of(question);
            }
        }
        return Optional.empty();
    }

    private static @Nullable Question draw(Asking asking, Skill skill) {
        return switch (skill) {
            case PRESENCE -> PresenceQuestions.presence(asking);
            case COLOUR -> AttributeQuestions.colour(asking);
            case SHAPE -> AttributeQuestions.shape(asking);
            case COUNT -> CountQuestions.count(asking);
            case RELATION -> RelationQuestions.relation(asking);
            case LOCATION -> LocationQuestions.location(asking);
            case READING -> AttributeQuestions.reading(asking);
            case COMPARISON -> ComparisonQuestions.comparison(asking);
            case ODD_ONE_OUT -> OddOneOut.odd(asking);
            case UNANSWERABLE -> PresenceQuestions.unanswerable(asking);
        };
    }

    /** What every template needs. */
    record Asking(Scene scene, Picture picture, Dice dice) {
        SceneObject any() {
            return dice.pick(scene.objects());
        }
    }
}

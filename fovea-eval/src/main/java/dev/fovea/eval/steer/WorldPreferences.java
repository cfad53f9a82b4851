package dev.fovea.eval.steer;

import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.suite.WorldSuite;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Preferences on questions about the world whose truth conflicts with a model's {@linkplain Prior prior}: the truth is
 * preferred to the prior. They are drawn from an evaluation that nobody reports.
 */
public final class WorldPreferences {
    /** Number of the evaluation. */
    public static final long EVALUATION = 910_000;

    private WorldPreferences() {}

    /**
     * The first pairs.
     *
     * @param count how many
     * @param goOn told how many there are; false ends the search
     */
    public static List<Preference> of(VisionLanguageModel model, int count, IntPredicate goOn) {
        List<Preference> pairs = new ArrayList<>();
        try (Prior prior = new Prior(model)) {
            new WorldSuite(EVALUATION).forEach(WorldSuite.SEEDS, item -> {
                RgbImage picture = item.picture().open();
                String answer = prior.answer(item, picture);
                if (!answer.isEmpty() && item.grader().grade(answer, picture).score() < 1) {
                    pairs.add(new Preference(item.id(), item.picture(), item.prompt(), item.target(), answer));
                }
                return goOn.test(pairs.size()) && pairs.size() < count;
            });
        }
        return pairs;
    }
}

package dev.fovea.eval.subject;

import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import java.util.ArrayList;
import java.util.List;

/**
 * How far each token of an answer depends on the picture (M3ID, arXiv 2403.14003, section 3: the prompt dependency measure
 * in its Hellinger form, PDM-H): the distance between what the model expects next and what it expects from the same words
 * without the picture, which are given the same tokens of the answer.
 *
 * <p>Looks at one answer at a time, and changes nothing. Not for use by several threads at once.
 */
public final class PictureDependence {
    private static final Signal.LogProbabilities SEEN = new Signal.LogProbabilities();
    private static final Signal.BranchLogProbabilities BLIND =
            new Signal.BranchLogProbabilities(new Branch.WithoutPictures());
    private static final Signal.AnswerTokens WRITTEN = new Signal.AnswerTokens();

    private final List<Double> distances = new ArrayList<>();

    /** The plan with eyes at the logits, which see them before any step of the plan does. */
    public Plan watching(Plan plan) {
        List<Step> steps = new ArrayList<>();
        steps.add(new Step(new Station.Logits(), List.of(SEEN, BLIND, WRITTEN), this::look));
        steps.addAll(plan.steps());
        return new Plan(plan.technique(), steps, plan.proportionalAttention());
    }

    private Outcome look(Signals signals) {
        if (signals.get(WRITTEN)[0] == 0) {
            distances.clear();
        }
        distances.add(hellinger(signals.get(SEEN), signals.get(BLIND)));
        return Outcome.of(new Decision.Unchanged());
    }

    /**
     * The distances of the answer that was written last.
     *
     * @param tokens of the answer; what was expected behind the last one is left out
     */
    public List<Double> of(int tokens) {
        return List.copyOf(distances.subList(0, Math.min(tokens, distances.size())));
    }

    /**
     * The Hellinger distance of two distributions, {@code sqrt(1/2 sum (sqrt p - sqrt q)^2)}: 0 if they are the same, 1 if
     * nothing that one expects is expected by the other.
     *
     * @param p natural logarithms of probabilities
     * @param q likewise, as many
     */
    public static double hellinger(float[] p, float[] q) {
        if (p.length != q.length) {
            throw new IllegalArgumentException(
                    "Distributions over " + p.length + " and " + q.length + " tokens have no distance.");
        }
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            double difference = Math.exp(p[i] / 2.0) - Math.exp(q[i] / 2.0);
            sum += difference * difference;
        }
        return Math.min(1, Math.sqrt(sum / 2));
    }
}

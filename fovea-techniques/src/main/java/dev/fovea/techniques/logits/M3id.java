package dev.fovea.techniques.logits;

import dev.fovea.core.path.Branch;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.techniques.primitives.TopK;
import java.util.List;

/**
 * M3ID (arXiv 2403.14003): the longer an answer is, the less it depends on the picture. What the picture adds to the
 * log-probabilities of the next token, held against a branch that never saw it, is added once more, with a weight that
 * grows with the tokens written; where the model is sure of its token nothing is changed.
 */
public final class M3id implements Technique {
    /** Where the logarithm of the weight's growth stops: beyond it nothing of what is weighted less can be seen. */
    private static final double STEEPEST = 30;

    private static final Card CARD = Card.of("""
            id          m3id
            title       Multi-Modal Hallucination Control by Visual Information Grounding
            arxiv       2403.14003
            summary     Adds to the log-probabilities of the next token their gain over an image-free branch, more the more
                        tokens have been written, unless the model is sure.
            stations    logits
            budget      Not read, no tokens are spent: the answer differs from the plain model's at every budget unless
                        lambda=0 or alpha=0.
            full        acts
            knob        lambda = 0.02, 0..1: How fast the weight grows; after t tokens it is exp(lambda (t + t0)) - 1.
            knob        alpha = 0.3, 0..2: The likeliest token must be less likely than this; above 1 it always is.
            knob        t0 = 0, whole 0..1000: Tokens that count as written before the first one (for questions answered
                        with yes or no: 10).
            note        The published numbers are from a second-hand account of the paper; no official code is public.
            note        Every token of the answer is predicted twice, with and without the pictures.
            """);

    private static final Signal.LogProbabilities SEEN = new Signal.LogProbabilities();
    private static final Signal.BranchLogProbabilities BLIND =
            new Signal.BranchLogProbabilities(new Branch.WithoutPictures());
    private static final Signal.AnswerTokens WRITTEN = new Signal.AnswerTokens();

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
        double lambda = knobs.number("lambda");
        double alpha = knobs.number("alpha");
        int before = knobs.integer("t0");
        if (lambda == 0 || alpha == 0) {
            return List.of();
        }
        return List.of(
                new Step(new Station.Logits(), List.of(SEEN, BLIND, WRITTEN), s -> decide(s, lambda, alpha, before)));
    }

    private static Outcome decide(Signals signals, double lambda, double alpha, int before) {
        float[] seen = signals.get(SEEN);
        double weight = weight(lambda, signals.get(WRITTEN)[0] + before);
        return weight == 0 || !unsure(seen, alpha)
                ? Outcome.of(new Decision.Unchanged())
                : Outcome.of(new Decision.Replace(grounded(seen, signals.get(BLIND), weight)));
    }

    /** Step 3: {@code (1 - g) / g} for {@code g = exp(-lambda t)}. */
    static double weight(double lambda, double t) {
        return Math.expm1(Math.min(STEEPEST, lambda * t));
    }

    /** Step 4: whether even the likeliest token is less likely than {@code alpha}. */
    static boolean unsure(float[] logProbabilities, double alpha) {
        return logProbabilities[TopK.best(logProbabilities)] < Math.log(alpha);
    }

    /** Step 5: {@code seen + weight * (seen - blind)}. */
    static float[] grounded(float[] seen, float[] blind, double weight) {
        float[] out = new float[seen.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) (seen[i] + weight * ((double) seen[i] - blind[i]));
        }
        return out;
    }
}

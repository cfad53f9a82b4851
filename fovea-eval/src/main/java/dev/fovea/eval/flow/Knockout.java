package dev.fovea.eval.flow;

import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.LogSumExp;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.technique.Plan;
import java.util.Arrays;
import java.util.List;

/** Edges of attention that are not there in some layers (arXiv 2411.18620, section 3.2). */
public final class Knockout {
    private static final String NAME = "information-flow";

    private Knockout() {}

    /**
     * The plan that blocks edges: in these layers queries do not look at keys, in no head; all else that they look at takes
     * the share of what is gone.
     *
     * @param length tokens of the prompt
     * @throws IllegalArgumentException if a place lies outside of the prompt
     */
    public static Plan plan(int length, List<AttentionEdges.Blocked> blocked, int... layers) {
        AttentionEdges edges = AttentionEdges.without(length, blocked);
        return Plan.of(
                NAME,
                Arrays.stream(layers)
                        .mapToObj(layer -> new Step(
                                new Station.Attention(layer), List.of(), s -> Outcome.of(new Decision.Edges(edges))))
                        .toList());
    }

    /** What is left of a probability, as a change in percent: {@code 100 (after - before) / before}. */
    public static double change(double before, double after) {
        return 100 * (after - before) / before;
    }

    /** The probability of one of the logits: a softmax in f64. */
    public static double probability(float[] logits, int token) {
        return Math.exp(logits[token] - LogSumExp.of(logits));
    }
}

package dev.fovea.techniques.connector;

import dev.fovea.techniques.primitives.Vectors;
import java.util.List;

/**
 * What VFlowOpt's search maximises (section F): how little pruning moves the last prompt token's final hidden state, and
 * the box in which it searches.
 */
public final class VFlowObjective {
    /**
     * An interval of one setting.
     *
     * @param knob name of the knob
     * @param low smallest value
     * @param high largest value
     */
    public record Range(String knob, double low, double high) {}

    private VFlowObjective() {}

    /**
     * Sum over samples of the cosine between final states with and without pruning; a sample that is not a number
     * counts 0.
     *
     * @param full final hidden states of the last prompt token, unpruned, one per sample
     * @param pruned the same with pruning
     */
    public static double of(List<float[]> full, List<float[]> pruned) {
        if (full.size() != pruned.size()) {
            throw new IllegalArgumentException("The objective needs as many pruned states as full ones, got "
                    + pruned.size() + " and " + full.size() + ".");
        }
        double sum = 0;
        for (int i = 0; i < full.size(); i++) {
            float cosine = Vectors.cosine(full.get(i), pruned.get(i));
            sum += Float.isNaN(cosine) ? 0 : cosine;
        }
        return sum;
    }

    /**
     * The published box: r0 from the budget to 1.5 times the budget, r1 0.533 to 1, threshold 0 to 50, cell 3 to 24 (on a
     * grid 27 wide), entropy -1 to 1. r2 follows from {@link VFlowBudget#r2}.
     *
     * @param share average share of tokens per layer
     * @param gridCols width of the token grid
     */
    public static List<Range> box(double share, int gridCols) {
        double scale = gridCols / 27.0;
        return List.of(
                new Range("r0", share, Math.min(1, 1.5 * share)),
                new Range("r1", 0.533, 1),
                new Range("threshold", 0, 50),
                new Range("cell", Math.max(1, 3 * scale), 24 * scale),
                new Range("entropy", -1, 1));
    }
}

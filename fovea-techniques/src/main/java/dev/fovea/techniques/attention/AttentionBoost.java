package dev.fovea.techniques.attention;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signals;
import dev.fovea.techniques.primitives.Quantiles;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which visual tokens attention rebalancing raises, and how much.
 *
 * @param localRow CLS attention of the first encoder layer
 * @param summaryRow CLS attention of the last but one
 * @param received attention received on average in the first layer
 * @param alpha boost of local tokens
 * @param beta boost of summary tokens
 * @param local share of the visual tokens that are local
 * @param spatial share of spatial tokens that join the local ones
 */
record AttentionBoost(
        Signal.EncoderAttention localRow,
        Signal.EncoderAttention summaryRow,
        Signal.EncoderAttention received,
        double alpha,
        double beta,
        double local,
        double spatial) {

    /** Whether anything is raised. */
    boolean acts() {
        return alpha > 0 || beta > 0;
    }

    List<Signal<?>> needs() {
        List<Signal<?>> needs = new ArrayList<>(List.of(localRow));
        if (!summaryRow.equals(localRow)) {
            needs.add(summaryRow);
        }
        if (spatial > 0) {
            needs.add(received);
        }
        return needs;
    }

    Outcome decide(Signals signals) {
        Layout layout = signals.layout();
        float[] localScores = signals.get(localRow);
        float[] summaryScores = signals.get(summaryRow);
        float[] factors = new float[layout.visualCount()];
        for (int image = 0; image < layout.images(); image++) {
            int[] tokens = tokensOf(layout, image);
            if (tokens.length == 0) {
                continue;
            }
            Sets sets = sets(
                    Vectors.pick(localScores, tokens),
                    Vectors.pick(summaryScores, tokens),
                    spatial > 0 ? Vectors.pick(signals.get(received), tokens) : new float[tokens.length],
                    local,
                    spatial);
            for (int t : sets.local) {
                factors[tokens[t]] = (float) alpha;
            }
            for (int t : sets.summary) {
                factors[tokens[t]] = (float) beta;
            }
        }
        return Outcome.of(new Decision.Rescale(factors), factors);
    }

    private static int[] tokensOf(Layout layout, int image) {
        int first = layout.firstCell(image);
        int behind = layout.firstCell(image + 1);
        return IntStream.range(0, layout.visualCount())
                .filter(i -> layout.cells()[i] >= first && layout.cells()[i] < behind)
                .toArray();
    }

    /** Local and summary tokens of one image; no token is in both. */
    @SuppressWarnings("ArrayRecordComponent")
    record Sets(int[] local, int[] summary) {}

    /**
     * Steps 1 to 4 of the method.
     *
     * @param localScores CLS attention of the first encoder layer
     * @param summaryScores CLS attention of the last but one
     * @param received attention received on average in the first layer
     */
    static Sets sets(
            float[] localScores, float[] summaryScores, float[] received, double localShare, double spatialShare) {
        int n = localScores.length;
        int[] summary = TopK.largest(summaryScores, Quantiles.upperOutliers(summaryScores, 1.5));
        boolean[] local = new boolean[n];
        for (int t : TopK.largest(localScores, (int) (n * localShare))) {
            local[t] = true;
        }
        for (int t : TopK.largest(received, (int) (n * spatialShare))) {
            local[t] = true;
        }
        for (int t : summary) {
            local[t] = false;
        }
        return new Sets(IntStream.range(0, n).filter(i -> local[i]).toArray(), summary);
    }
}

package dev.fovea.techniques.decoder;

import dev.fovea.core.path.Matrix;
import dev.fovea.core.technique.Knobs;
import dev.fovea.techniques.primitives.HashOrder;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * DART's choice: which tokens are pivots, in which order, and what each keeps.
 *
 * @param ofImage pivots among the visual tokens of an image
 * @param ofText pivots among the text tokens
 * @param exact whether exactly the budget is kept
 * @param inSetOrder whether pivots choose in the order of a Python set of their positions
 */
record DartPivots(int ofImage, int ofText, boolean exact, boolean inSetOrder) {

    static DartPivots of(Knobs knobs) {
        return new DartPivots(
                knobs.integer("image-pivots"),
                knobs.integer("text-pivots"),
                knobs.is("count", "exact"),
                knobs.is("order", "official"));
    }

    /**
     * Some tokens of a prompt.
     *
     * @param states behind the decoder's last norm, {@code [tokens, width]}
     * @param keyNorms sum of the magnitudes of each token's key, all heads together
     * @param positions in the sequence
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Tokens(Matrix states, float[] keyNorms, int[] positions) {
        static Tokens of(Matrix states, Matrix keys, int[] positions) {
            return new Tokens(states, Vectors.manhattanNorms(keys), positions);
        }
    }

    /** A pivot: its state and its place in the sequence. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Pivot(float[] state, int position) {}

    /**
     * The tokens kept of one image: its pivots, then what each pivot chose, in that order.
     *
     * @param image indices of the image's visual tokens
     * @param count the budget
     */
    int[] choose(Tokens visual, Tokens text, int[] image, int count) {
        int own = Math.min(exact ? Math.min(ofImage, count) : ofImage, image.length);
        int[] kept = Vectors.pick(image, TopK.largest(Vectors.pick(visual.keyNorms, image), own));
        Pivot[] pivots = pivots(visual, text, kept);
        float[] closed = new float[visual.keyNorms.length];
        Arrays.fill(closed, Float.POSITIVE_INFINITY);
        Arrays.stream(image).forEach(v -> closed[v] = 0);
        Arrays.stream(kept).forEach(v -> closed[v] = Float.POSITIVE_INFINITY);
        for (int p = 0; p < pivots.length; p++) {
            int left = pivots.length - p;
            int quota = exact ? (count - kept.length + left - 1) / left : count / (ofImage + ofText);
            int[] chosen =
                    leastAlike(visual.states, pivots[p].state, closed, Math.min(quota, image.length - kept.length));
            Arrays.stream(chosen).forEach(v -> closed[v] = Float.POSITIVE_INFINITY);
            kept = IntStream.concat(Arrays.stream(kept), Arrays.stream(chosen)).toArray();
        }
        return kept;
    }

    private Pivot[] pivots(Tokens visual, Tokens text, int[] ofImage) {
        int[] words = TopK.largest(text.keyNorms, Math.min(ofText, text.keyNorms.length));
        Pivot[] byNorm = IntStream.concat(
                        Arrays.stream(ofImage), Arrays.stream(words).map(t -> ~t))
                .mapToObj(i -> i >= 0
                        ? new Pivot(visual.states.row(i), visual.positions[i])
                        : new Pivot(text.states.row(~i), text.positions[~i]))
                .toArray(Pivot[]::new);
        if (!inSetOrder) {
            return byNorm;
        }
        int[] order =
                HashOrder.of(Arrays.stream(byNorm).mapToInt(Pivot::position).toArray());
        return Arrays.stream(order).mapToObj(i -> byNorm[i]).toArray(Pivot[]::new);
    }

    private static int[] leastAlike(Matrix states, float[] pivot, float[] closed, int quota) {
        float[] cosines = Vectors.cosines(states, pivot);
        for (int v = 0; v < cosines.length; v++) {
            cosines[v] += closed[v];
        }
        return TopK.smallest(cosines, quota);
    }
}

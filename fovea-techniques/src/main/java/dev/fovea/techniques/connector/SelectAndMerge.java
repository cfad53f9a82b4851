package dev.fovea.techniques.connector;

import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.primitives.MergeBuilder;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.stream.IntStream;

/** VisionDrop's shared step: dominant tokens stay, the others are folded into evenly spaced contextual tokens. */
final class SelectAndMerge {
    private SelectAndMerge() {}

    /**
     * Adds the dominant tokens in their order, then the contextual ones. A contextual token is its target plus the mean
     * of the tokens that are most similar to it.
     *
     * @param scores per token
     * @param keys {@code [tokens, width]}
     * @param dominant how many stay
     * @param contextual how many the others become, at most as many as there are others
     */
    static void apply(MergeBuilder merge, float[] scores, Matrix keys, int dominant, int contextual) {
        int[] top = TopK.largestInOrder(scores, dominant);
        merge.keep(top);
        int[] rest = TopK.others(scores.length, top);
        int targets = Math.min(contextual, rest.length);
        if (targets == 0) {
            return;
        }
        int step = Math.max(1, rest.length / targets);
        int[] owner = owners(Vectors.normalisedRows(keys.select(rest), 0), step, targets);
        for (int t = 0; t < targets; t++) {
            int target = t;
            int[] sources = IntStream.range(0, rest.length)
                    .filter(i -> owner[i] == target)
                    .map(i -> rest[i])
                    .toArray();
            int[] members = new int[sources.length + 1];
            members[0] = rest[t * step];
            System.arraycopy(sources, 0, members, 1, sources.length);
            float[] weights = new float[members.length];
            Arrays.fill(weights, 1f / Math.max(1, sources.length));
            weights[0] = 1;
            merge.group(members[0], members, weights);
        }
    }

    /** For every remaining token the number of the target it joins; -1 for the targets themselves. */
    private static int[] owners(Matrix unit, int step, int targets) {
        int[] owner = new int[unit.rows()];
        for (int i = 0; i < owner.length; i++) {
            if (i % step == 0 && i / step < targets) {
                owner[i] = -1;
                continue;
            }
            float best = Float.NEGATIVE_INFINITY;
            for (int t = 0; t < targets; t++) {
                float cosine = Vectors.dot(unit, i, unit, t * step);
                if (cosine > best) {
                    best = cosine;
                    owner[i] = t;
                }
            }
        }
        return owner;
    }
}

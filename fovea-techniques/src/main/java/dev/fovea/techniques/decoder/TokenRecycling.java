package dev.fovea.techniques.decoder;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Matrix;
import dev.fovea.core.technique.Knobs;
import dev.fovea.techniques.Shapes;
import dev.fovea.techniques.primitives.Clusters;
import dev.fovea.techniques.primitives.DensityPeaks;
import dev.fovea.techniques.primitives.MergeBuilder;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;

/**
 * SparseVLM's recycling: of the tokens that a stage drops, those with the best scores become a few merged ones.
 *
 * @param recycled share of the dropped tokens that is clustered
 * @param clusters merged tokens per recycled one
 */
record TokenRecycling(double recycled, double clusters) {

    static TokenRecycling of(Knobs knobs) {
        return new TokenRecycling(knobs.number("recycled"), knobs.number("clusters"));
    }

    /** How many of so many dropped tokens are clustered. */
    int members(int dropped) {
        return Math.min(dropped, (int) (recycled * dropped) + 1);
    }

    /** How many merged tokens they become. */
    int merged(int dropped) {
        return dropped <= 0 ? 0 : Math.min(members(dropped), (int) (clusters * members(dropped)) + 1);
    }

    /**
     * The best tokens in their order and behind them, image by image, the means of clusters of the next best.
     *
     * @param count how many stay, fewer than there are
     * @param states what is clustered, {@code [visual, width]}
     */
    Decision.Merge keep(float[] scores, int count, Matrix states, Layout layout) {
        int[] kept = TopK.largestInOrder(scores, count);
        int[] dropped = TopK.others(scores.length, kept);
        int[] best = Vectors.pick(dropped, TopK.largest(Vectors.pick(scores, dropped), members(dropped.length)));
        Clusters groups = DensityPeaks.strongestFirst(states.select(best), merged(dropped.length));
        int[] imageOf = Shapes.imageOf(layout);
        MergeBuilder merge = new MergeBuilder();
        for (int image = 0; image < layout.images(); image++) {
            int here = image;
            merge.keep(Arrays.stream(kept).filter(v -> imageOf[v] == here).toArray());
            for (int c = 0; c < groups.centres().length; c++) {
                int centre = best[groups.centres()[c]];
                if (imageOf[centre] == here) {
                    merge.mean(centre, Vectors.pick(best, groups.members(c)));
                }
            }
        }
        return merge.build(Decision.Positions.RENUMBERED);
    }
}

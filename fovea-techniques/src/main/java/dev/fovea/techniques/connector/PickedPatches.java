package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.primitives.MergeBuilder;
import dev.fovea.techniques.primitives.Quantiles;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The arithmetic of PruMerge: which patches are picked, in which order, and what is added to them.
 *
 * @param plus whether patches at regular intervals are picked too
 * @param reach interquartile ranges above the third quartile at which an outlier begins
 * @param nearest how many patches are added to a picked one
 */
record PickedPatches(boolean plus, double reach, int nearest) {
    /** In the authors' training one patch of so many is picked. */
    private static final int ONE_OF = 8;

    /** PruMerge+ takes three regular patches for every outlier. */
    private static final double PER_OUTLIER = 3;

    /** The outliers by falling attention, then for PruMerge+ the other patches of a regular stride. */
    int[] adaptive(float[] attention) {
        int n = attention.length;
        int outliers = Quantiles.upperOutliers(attention, reach);
        int[] best = TopK.largest(attention, outliers);
        if (!plus) {
            return best;
        }
        if (outliers == 0) {
            return every(ONE_OF / 2, ONE_OF, n - 1);
        }
        // As the authors round: the share first, then its inverse, then its third.
        int step = (int) (1 / ((double) outliers / n));
        return joined(best, unpicked(best, every(0, Math.max(1, (int) (step / PER_OUTLIER)), n - 1)));
    }

    /** An eighth by falling attention; for PruMerge+ a second one at regular places, picked twice where they meet. */
    int[] fixed(float[] attention) {
        int n = attention.length;
        int[] best = TopK.largest(attention, n / ONE_OF);
        return plus ? joined(best, every(ONE_OF / 2, ONE_OF, n - 1)) : best;
    }

    /** So many by falling attention; for PruMerge+ only the outliers, and then regular places from the top on. */
    int[] ofBudget(float[] attention, int count) {
        int outliers = Math.max(1, Quantiles.upperOutliers(attention, reach));
        if (!plus || count <= outliers) {
            return TopK.largest(attention, count);
        }
        int[] best = TopK.largest(attention, outliers);
        int[] regular = unpicked(best, every(0, Math.max(1, attention.length / count), attention.length));
        return joined(best, Arrays.copyOf(regular, count - outliers));
    }

    /**
     * Picked patches in their order, each with the weighted sum of those whose keys are nearest to its own, picked or
     * not; then the weighted sum of all that were not picked.
     *
     * @param keys {@code [patches, width]}
     */
    Decision.Merge merge(float[] attention, Matrix keys, int[] picked) {
        Matrix unit = Vectors.normalisedRows(keys, 0);
        int[] rest = TopK.others(attention.length, picked);
        int[] all = joined(picked, rest);
        MergeBuilder merge = new MergeBuilder();
        Set<Integer> placed = new HashSet<>();
        for (int p = 0; p < picked.length; p++) {
            float[] cosines = new float[all.length];
            for (int c = 0; c < cosines.length; c++) {
                cosines[c] = c == p ? Float.NEGATIVE_INFINITY : Vectors.dot(unit, all[p], unit, all[c]);
            }
            int[] near = Arrays.stream(TopK.largest(cosines, Math.min(nearest, all.length - 1)))
                    .map(c -> all[c])
                    .toArray();
            int[] members = joined(new int[] {picked[p]}, near);
            float[] weights = Vectors.pick(attention, members);
            weights[0] = 1;
            merge.group(placed.add(picked[p]) ? picked[p] : Decision.CLS, members, weights);
        }
        return merge.group(Decision.CLS, rest, Vectors.pick(attention, rest)).build();
    }

    private static int[] every(int from, int step, int end) {
        return IntStream.iterate(from, i -> i < end, i -> i + step).toArray();
    }

    private static int[] unpicked(int[] picked, int[] places) {
        return Arrays.stream(places)
                .filter(place -> Arrays.stream(picked).noneMatch(p -> p == place))
                .toArray();
    }

    private static int[] joined(int[] a, int[] b) {
        return IntStream.concat(Arrays.stream(a), Arrays.stream(b)).toArray();
    }
}

package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Matrix;
import dev.fovea.techniques.primitives.LocalOutlierFactor;
import dev.fovea.techniques.primitives.MergeBuilder;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The arithmetic of Recoverable Compression: outlier filters, text recovery and merging.
 *
 * @param neighbours of the visual and text filters
 * @param centreNeighbours of the centre filter
 * @param clusterSize tokens merged into a centre
 * @param textWeight weight of question similarity when clustering
 * @param officialWidth feature width that the released code multiplies the centre ratio with (it also looks keys up by
 *     place among the remaining tokens); 0 for the method as meant
 */
record RecoveryFilters(int neighbours, int centreNeighbours, int clusterSize, double textWeight, int officialWidth) {

    /** How many tokens each filter takes. */
    record Counts(int visual, int text, int centres) {
        /** The same proportions with {@code budget} tokens in all, the extra token of merged ones included. */
        Counts scaledTo(int budget) {
            int found = visual + text + centres;
            if (found == 0) {
                return new Counts(budget, 0, 0);
            }
            int own = centres > 0 && budget > 2 ? budget - 1 : budget;
            int merged = own < budget ? Math.clamp(Math.round((double) own * centres / found), 1, own - 1) : 0;
            int main = own - merged;
            int fromText = visual + text == 0 ? 0 : (int) Math.round((double) main * text / (visual + text));
            return new Counts(main - fromText, fromText, merged);
        }
    }

    /** Steps 5, 6 and 8: counts from the shares of outliers. */
    Counts detect(float[] attention, float[] affinity) {
        int n = attention.length;
        int visual = (int) (n * LocalOutlierFactor.outlierShare(attention, neighbours));
        int[] main = TopK.largest(attention, visual);
        float[] masked = masked(affinity, main);
        int text = (int) ((n - visual) * LocalOutlierFactor.outlierShare(masked, neighbours));
        int[] rest = TopK.others(n, union(main, TopK.largest(masked, text)));
        double share = LocalOutlierFactor.outlierShare(Vectors.pick(attention, rest), centreNeighbours);
        int centres = (int) ((officialWidth > 0 ? officialWidth : rest.length) * share);
        return new Counts(visual, text, Math.min(centres, rest.length));
    }

    /** Question similarity with the visually chosen tokens pushed to the minimum. */
    private static float[] masked(float[] affinity, int[] chosen) {
        float[] out = affinity.clone();
        float least = affinity[TopK.smallest(affinity, 1)[0]];
        for (int token : chosen) {
            out[token] = least;
        }
        return out;
    }

    private static int[] union(int[] a, int[] b) {
        return IntStream.concat(Arrays.stream(a), Arrays.stream(b))
                .sorted()
                .distinct()
                .toArray();
    }

    /**
     * Steps 5 to 9: the main tokens in raster order, merged centres by falling attention, one token for the rest.
     *
     * @param attention per patch
     * @param affinity similarity of every patch to the question
     * @param keys of the last layer, {@code [patches, width]}
     */
    Decision.Merge compress(float[] attention, float[] affinity, Matrix keys, Counts counts) {
        int n = attention.length;
        int[] visual = TopK.largest(attention, Math.min(counts.visual, n));
        float[] masked = masked(affinity, visual);
        int[] main = union(visual, TopK.largest(masked, Math.min(counts.text, n)));
        if (main.length == 0) {
            main = new int[] {TopK.best(attention)};
        }
        MergeBuilder merge = new MergeBuilder().keep(main);
        int[] rest = TopK.others(n, main);
        int centres = Math.min(counts.centres, rest.length);
        if (centres > 0) {
            mergeRest(merge, rest, centres, attention, masked, keys);
        }
        return merge.build();
    }

    private void mergeRest(
            MergeBuilder merge, int[] rest, int centres, float[] attention, float[] affinity, Matrix keys) {
        Matrix unit = Vectors.normalisedRows(keys, 0);
        int[] chosen = TopK.largest(Vectors.pick(attention, rest), centres);
        int size = Math.min(clusterSize, rest.length - 1);
        for (int centre : chosen) {
            float[] pull = new float[rest.length];
            for (int j = 0; j < pull.length; j++) {
                int a = officialWidth > 0 ? centre : rest[centre];
                int b = officialWidth > 0 ? j : rest[j];
                pull[j] = (float) (Vectors.dot(unit, a, unit, b) + textWeight * affinity[rest[j]]);
            }
            pull[centre] = Float.NEGATIVE_INFINITY;
            int[] members = new int[size + 1];
            float[] weights = new float[size + 1];
            members[0] = rest[centre];
            weights[0] = 1;
            int[] near = TopK.largest(pull, size);
            for (int i = 0; i < size; i++) {
                members[i + 1] = rest[near[i]];
                weights[i + 1] = attention[members[i + 1]];
            }
            merge.group(rest[centre], members, weights);
        }
        int[] others = Arrays.stream(TopK.others(rest.length, chosen))
                .map(i -> rest[i])
                .toArray();
        merge.group(
                others.length == 0 ? Decision.CLS : others[TopK.best(Vectors.pick(attention, others))],
                others,
                Vectors.pick(attention, others));
    }

    /** Step 1: the CLS row of attention as if all heads were one, for the patches. */
    static float[] singleHeadAttention(float[] query, Matrix keys) {
        float[] logits = new float[keys.rows()];
        for (int r = 0; r < logits.length; r++) {
            logits[r] =
                    (float) (Vectors.dot(query, 0, keys.data(), r * keys.cols(), keys.cols()) / Math.sqrt(keys.cols()));
        }
        float[] all = Vectors.softmax(logits);
        return Arrays.copyOfRange(all, 1, all.length);
    }
}

package dev.fovea.techniques.connector;

import dev.fovea.core.path.Decision;
import dev.fovea.techniques.primitives.MergeBuilder;
import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** VFlowOpt's first stage: the least important tokens of a grid cell become one. */
final class VFlowRecycling {
    private VFlowRecycling() {}

    /**
     * Steps 7 to 11 of the method.
     *
     * @param importance per token of a grid {@code cols} wide
     * @param keep r0
     * @param cell side of a cell, not necessarily whole
     */
    static Decision decide(float[] importance, int cols, double keep, double cell) {
        int n = importance.length;
        int drop = (int) Math.rint(n * (1 - keep));
        int low = Math.min(n, drop + (int) (n / (cell * cell)));
        if (low == 0) {
            return new Decision.Unchanged();
        }
        int[] least = TopK.smallest(importance, low);
        Map<Long, int[]> cells = cells(least, cols, cell);
        int[][] group = new int[n][];
        boolean[] gone = new boolean[n];
        for (int token : least) {
            gone[token] = true;
        }
        for (int[] members : cells.values()) {
            Arrays.sort(members);
            int anchor = members[TopK.best(Vectors.pick(importance, members))];
            group[anchor] = members;
        }
        MergeBuilder merge = new MergeBuilder();
        for (int token = 0; token < n; token++) {
            int[] members = group[token];
            if (members != null) {
                merge.group(token, members, weights(importance, members));
            } else if (!gone[token]) {
                merge.keep(token);
            }
        }
        return merge.build();
    }

    private static Map<Long, int[]> cells(int[] tokens, int cols, double cell) {
        Map<Long, int[]> cells = new TreeMap<>();
        for (int token : tokens) {
            int row = token / cols;
            int col = token % cols;
            cells.merge((long) (row / cell) << 32 | (long) (col / cell), new int[] {token}, (a, b) -> {
                int[] joined = Arrays.copyOf(a, a.length + 1);
                joined[a.length] = b[0];
                return joined;
            });
        }
        return cells;
    }

    /** Importances divided by their sum; equal shares where they do not add up to something positive. */
    private static float[] weights(float[] importance, int[] members) {
        float[] weights = Vectors.pick(importance, members);
        double sum = Vectors.sum(weights);
        for (int i = 0; i < weights.length; i++) {
            weights[i] = sum > 0 ? (float) (weights[i] / sum) : 1f / weights.length;
        }
        return weights;
    }
}

package dev.fovea.techniques.connector;

import dev.fovea.techniques.primitives.TopK;
import dev.fovea.techniques.primitives.Vectors;
import java.util.Arrays;
import java.util.TreeSet;

/** What HiPrune protects: anchors and their grid neighbours. */
final class HiPruneAnchors {
    private HiPruneAnchors() {}

    /**
     * Steps 2 to 5 of the method, at most {@code count} tokens.
     *
     * @param scores received attention in the object layer, per patch
     * @param count the budget
     * @param alpha share of it for anchors with their four neighbours
     * @param neighbours {@code official}, {@code paper} or {@code clean}
     * @param cols width of the grid
     */
    static int[] withBuffers(float[] scores, int count, double alpha, String neighbours, int cols) {
        int anchorCount = Math.min((int) Math.rint(alpha * count / 5), scores.length);
        int[] anchors = TopK.largest(scores, anchorCount);
        TreeSet<Integer> chosen = new TreeSet<>();
        for (int anchor : anchors) {
            chosen.add(anchor);
            for (int neighbour : new int[] {anchor - 1, anchor + 1, anchor - cols, anchor + cols}) {
                boolean inside = neighbour >= 0 && neighbour < scores.length;
                if (neighbours.equals("official")) {
                    chosen.add(Math.clamp(neighbour, 0, scores.length - 1));
                } else if (inside && (neighbours.equals("paper") || sameLine(anchor, neighbour, cols))) {
                    chosen.add(neighbour);
                }
            }
        }
        int[] tokens = chosen.stream().mapToInt(Integer::intValue).toArray();
        if (tokens.length <= count) {
            return tokens;
        }
        int[] best = TopK.largestInOrder(Vectors.pick(scores, tokens), count);
        return Arrays.stream(best).map(i -> tokens[i]).toArray();
    }

    private static boolean sameLine(int anchor, int neighbour, int cols) {
        return anchor / cols == neighbour / cols || anchor % cols == neighbour % cols;
    }
}

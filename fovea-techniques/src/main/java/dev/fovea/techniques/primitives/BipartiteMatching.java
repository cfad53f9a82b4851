package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Matrix;
import java.util.Arrays;

/**
 * Bipartite soft matching (ToMe, section 3): tokens at even positions look for their most similar partner at odd
 * positions, and the {@code r} best pairs are merged.
 */
public final class BipartiteMatching {
    private BipartiteMatching() {}

    /**
     * A matching of tokens {@code 0..n-1}.
     *
     * @param unmerged even positions that stay, ascending (the class token among them)
     * @param targets all odd positions, ascending
     * @param sources even positions that are merged away, best first
     * @param destinations for each source the odd position it joins
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Match(int[] unmerged, int[] targets, int[] sources, int[] destinations) {

        /** Groups of the tokens that remain, in ToMe's output order: unmerged, then targets with what joined them. */
        public int[][] groups() {
            int[][] groups = new int[unmerged.length + targets.length][];
            for (int i = 0; i < unmerged.length; i++) {
                groups[i] = new int[] {unmerged[i]};
            }
            for (int t = 0; t < targets.length; t++) {
                int[] members = new int[] {targets[t]};
                for (int s = 0; s < sources.length; s++) {
                    if (destinations[s] == targets[t]) {
                        members = Arrays.copyOf(members, members.length + 1);
                        members[members.length - 1] = sources[s];
                    }
                }
                Arrays.sort(members, 1, members.length);
                groups[unmerged.length + t] = members;
            }
            return groups;
        }
    }

    /** How readily a source is merged. */
    @FunctionalInterface
    public interface Priority {
        /**
         * @param source token index
         * @param similarity cosine to its best partner
         */
        float of(int source, float similarity);
    }

    /** The number of tokens a step can really remove: {@code min(r, (n - protected) / 2)}, at least 0. */
    public static int removable(int tokens, boolean classToken, int r) {
        return Math.max(0, Math.min(r, (tokens - (classToken ? 1 : 0)) / 2));
    }

    /**
     * Matches the rows of a metric.
     *
     * @param metric {@code [n, width]}, any scale; the class token is row 0 where there is one
     * @param classToken whether row 0 is a class token, which is never merged away
     * @param r how many tokens to remove, cut to what is {@link #removable}
     * @param priority order of the sources; ToMe's own is the similarity itself
     */
    public static Match match(Matrix metric, boolean classToken, int r, Priority priority) {
        int n = metric.rows();
        int remove = removable(n, classToken, r);
        Matrix unit = Vectors.normalisedRows(metric, 0);
        int evens = (n + 1) / 2;
        int[] partner = new int[evens];
        float[] order = new float[evens];
        for (int a = 0; a < evens; a++) {
            float best = Float.NEGATIVE_INFINITY;
            for (int b = 1; b < n; b += 2) {
                float s = Vectors.dot(unit, 2 * a, unit, b);
                if (s > best) {
                    best = s;
                    partner[a] = b;
                }
            }
            order[a] = classToken && a == 0 ? Float.NEGATIVE_INFINITY : priority.of(2 * a, best);
        }
        int[] ranked = TopK.descending(order);
        int[] sources = new int[remove];
        int[] destinations = new int[remove];
        for (int i = 0; i < remove; i++) {
            sources[i] = 2 * ranked[i];
            destinations[i] = partner[ranked[i]];
        }
        int[] unmerged = new int[evens - remove];
        for (int i = 0; i < unmerged.length; i++) {
            unmerged[i] = 2 * ranked[remove + i];
        }
        Arrays.sort(unmerged);
        int[] targets = new int[n / 2];
        Arrays.setAll(targets, t -> 2 * t + 1);
        return new Match(unmerged, targets, sources, destinations);
    }
}

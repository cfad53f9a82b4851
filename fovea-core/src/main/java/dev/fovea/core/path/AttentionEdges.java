package dev.fovea.core.path;

import java.util.Arrays;

/**
 * Which tokens of a sequence may see which, beyond the rule that a token sees only itself and what comes before it.
 * Tokens stand in groups, and an edge leads from a group to each group that its tokens may look at: questions packed
 * behind one picture that must not see each other, text that may see a picture only through a few tokens between them.
 *
 * @param groups for each token its group, from 0
 * @param sees {@code [groups][groups]}: whether tokens of the first may look at tokens of the second; a token always
 *     sees itself
 * @param following the group of tokens that come later
 */
@SuppressWarnings("ArrayRecordComponent") // data of one pass; never compared
public record AttentionEdges(int[] groups, boolean[][] sees, int following) {

    public AttentionEdges {
        for (int group : groups) {
            if (group < 0 || group >= sees.length) {
                throw new IllegalArgumentException(
                        "A token is of group " + group + ", but edges are given for groups 0.." + (sees.length - 1));
            }
        }
        if (following < 0 || following >= sees.length) {
            throw new IllegalArgumentException("Tokens that follow are of group " + following
                    + ", but edges are given for groups 0.." + (sees.length - 1));
        }
        for (boolean[] row : sees) {
            if (row.length != sees.length) {
                throw new IllegalArgumentException("Edges between " + sees.length + " groups are given as a row of "
                        + row.length + "; give each group's towards all of them");
            }
        }
    }

    /** Edges where tokens that come later are of the last one's group. */
    public AttentionEdges(int[] groups, boolean[][] sees) {
        this(groups, sees, groups.length == 0 ? 0 : groups[groups.length - 1]);
    }

    /**
     * Branches behind a common beginning: group 0 sees itself alone, every other group itself and group 0.
     *
     * @param groups for each token 0 where it is common, otherwise its branch
     */
    public static AttentionEdges branches(int... groups) {
        int count = 1 + Arrays.stream(groups).max().orElse(0);
        boolean[][] sees = new boolean[count][count];
        for (int g = 0; g < count; g++) {
            sees[g][0] = true;
            sees[g][g] = true;
        }
        return new AttentionEdges(groups, sees);
    }

    /** Whether one token may look at another, both counted from the beginning. */
    public boolean sees(int query, int key) {
        return key == query || (key < query && sees[groupOf(query)][groupOf(key)]);
    }

    /** The same edges for other tokens, each in the group of an old one: {@code [new tokens]}. */
    public AttentionEdges follow(int[] old) {
        return new AttentionEdges(Arrays.stream(old).map(t -> groups[t]).toArray(), sees, following);
    }

    /** The same edges for these tokens and later ones, so many in all. */
    public AttentionEdges extended(int length) {
        int[] all = Arrays.copyOf(groups, length);
        Arrays.fill(all, Math.min(length, groups.length), length, following);
        return new AttentionEdges(all, sees, following);
    }

    /** The edges that both have. */
    public AttentionEdges and(AttentionEdges other) {
        int width = other.sees.length;
        int[] pairs = new int[groups.length];
        for (int t = 0; t < pairs.length; t++) {
            pairs[t] = groups[t] * width + other.groups[t];
        }
        boolean[][] both = new boolean[sees.length * width][sees.length * width];
        for (int q = 0; q < both.length; q++) {
            for (int k = 0; k < both.length; k++) {
                both[q][k] = sees[q / width][k / width] && other.sees[q % width][k % width];
            }
        }
        return new AttentionEdges(pairs, both, following * width + other.following);
    }

    private int groupOf(int token) {
        return token < groups.length ? groups[token] : following;
    }

    /** What is added to the scores, row after row: 0 where a token may look, otherwise minus infinity. */
    public float[] mask() {
        int n = groups.length;
        float[] mask = new float[n * n];
        for (int query = 0; query < n; query++) {
            int row = query * n;
            boolean[] open = sees[groups[query]];
            for (int key = 0; key < query; key++) {
                if (!open[groups[key]]) {
                    mask[row + key] = Float.NEGATIVE_INFINITY;
                }
            }
            Arrays.fill(mask, row + query + 1, row + n, Float.NEGATIVE_INFINITY);
        }
        return mask;
    }
}

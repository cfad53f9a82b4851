package dev.fovea.core.path;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which tokens of a sequence may see which, beyond the rule that a token sees only itself and what comes before it (and
 * its block, where tokens see each other both ways). Tokens stand in groups, and an edge leads from a group to each group
 * that its tokens may look at: questions packed behind one picture that must not see each other, text that may see a
 * picture only through a few tokens between them, and edges that are blocked to learn what they carry.
 *
 * @param groups for each token its group, from 0
 * @param sees {@code [groups][groups]}: whether tokens of the first may look at other tokens of the second
 * @param itself for each group whether its tokens may look at themselves
 * @param following the group of tokens that come later
 */
@SuppressWarnings("ArrayRecordComponent") // data of one pass; never compared
public record AttentionEdges(int[] groups, boolean[][] sees, boolean[] itself, int following) {

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
        if (itself.length != sees.length) {
            throw new IllegalArgumentException("Of " + sees.length + " groups " + itself.length
                    + " say whether their tokens see themselves; say it of each");
        }
    }

    /** Edges of tokens that all see themselves. */
    public AttentionEdges(int[] groups, boolean[][] sees, int following) {
        this(groups, sees, all(sees.length), following);
    }

    /** Edges of tokens that all see themselves, where tokens that come later are of the last one's group. */
    public AttentionEdges(int[] groups, boolean[][] sees) {
        this(groups, sees, groups.length == 0 ? 0 : groups[groups.length - 1]);
    }

    private static boolean[] all(int groups) {
        boolean[] all = new boolean[groups];
        Arrays.fill(all, true);
        return all;
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

    /**
     * Edges that are blocked: none of the queries looks at any of the keys, at itself neither where it is both.
     *
     * @param queries places in the sequence
     * @param keys places in the sequence
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on at once; never compared
    public record Blocked(int[] queries, int[] keys) {}

    /**
     * All edges but some. A token that comes later does not look at what the last token does not look at either, and is
     * nobody's key: blocks of other queries are over when the prompt has been read.
     *
     * @param length tokens of the sequence
     * @throws IllegalArgumentException if a place lies outside
     */
    public static AttentionEdges without(int length, List<Blocked> blocked) {
        // A token is of a group with those that are queries and keys of the same blocks.
        int[][] roles = new int[length + 1][2 * blocked.size()];
        for (int b = 0; b < blocked.size(); b++) {
            mark(roles, blocked.get(b).queries(), 2 * b);
            mark(roles, blocked.get(b).keys(), 2 * b + 1);
        }
        for (int b = 0; length > 0 && b < blocked.size(); b++) {
            roles[length][2 * b] = roles[length - 1][2 * b];
        }
        Map<List<Integer>, Integer> known = new HashMap<>();
        List<int[]> kinds = new ArrayList<>();
        int[] groups = new int[length + 1];
        for (int t = 0; t <= length; t++) {
            int[] own = roles[t];
            groups[t] = known.computeIfAbsent(Arrays.stream(own).boxed().toList(), k -> {
                kinds.add(own);
                return kinds.size() - 1;
            });
        }
        boolean[][] sees = new boolean[kinds.size()][kinds.size()];
        boolean[] itself = new boolean[kinds.size()];
        for (int q = 0; q < sees.length; q++) {
            for (int k = 0; k < sees.length; k++) {
                sees[q][k] = open(kinds.get(q), kinds.get(k));
            }
            itself[q] = sees[q][q];
        }
        return new AttentionEdges(Arrays.copyOf(groups, length), sees, itself, groups[length]);
    }

    private static void mark(int[][] roles, int[] places, int role) {
        for (int place : places) {
            if (place < 0 || place >= roles.length - 1) {
                throw new IllegalArgumentException("Edges of token " + place + " are blocked, but the sequence has "
                        + (roles.length - 1) + " tokens");
            }
            roles[place][role] = 1;
        }
    }

    private static boolean open(int[] query, int[] key) {
        for (int role = 0; role < query.length; role += 2) {
            if (query[role] == 1 && key[role + 1] == 1) {
                return false;
            }
        }
        return true;
    }

    /** Whether one token may look at another of those before it, or itself, both counted from the beginning. */
    public boolean sees(int query, int key) {
        return key <= query && allows(query, key);
    }

    /** The same wherever the other token stands. */
    public boolean allows(int query, int key) {
        int group = groupOf(query);
        return key == query ? itself[group] : sees[group][groupOf(key)];
    }

    /**
     * The tokens from one on, up to another, that do not see all that is before them; of tokens that come later those that
     * see nobody's less are left out too.
     *
     * @return ascending places
     */
    public int[] restricted(int from, int to) {
        int[] first = new int[sees.length];
        Arrays.fill(first, Integer.MAX_VALUE);
        for (int t = Math.min(to, groups.length) - 1; t >= 0; t--) {
            first[groups[t]] = t;
        }
        first[following] = Math.min(first[following], groups.length);
        int[] found = new int[Math.max(0, to - from)];
        int count = 0;
        for (int t = from; t < to; t++) {
            int own = groupOf(t);
            boolean less = !itself[own];
            for (int g = 0; g < sees.length && !less; g++) {
                less = first[g] < t && !sees[own][g];
            }
            if (less) {
                found[count++] = t;
            }
        }
        return Arrays.copyOf(found, count);
    }

    /** Whether every token sees itself at least. */
    public boolean allSeeThemselves() {
        for (boolean own : itself) {
            if (!own) {
                return false;
            }
        }
        return true;
    }

    /** The same edges for other tokens, each in the group of an old one: {@code [new tokens]}. */
    public AttentionEdges follow(int[] old) {
        return new AttentionEdges(Arrays.stream(old).map(t -> groups[t]).toArray(), sees, itself, following);
    }

    /** The same edges for these tokens and later ones, so many in all. */
    public AttentionEdges extended(int length) {
        int[] all = Arrays.copyOf(groups, length);
        Arrays.fill(all, Math.min(length, groups.length), length, following);
        return new AttentionEdges(all, sees, itself, following);
    }

    /** The edges that both have. */
    public AttentionEdges and(AttentionEdges other) {
        int width = other.sees.length;
        int[] pairs = new int[groups.length];
        for (int t = 0; t < pairs.length; t++) {
            pairs[t] = groups[t] * width + other.groups[t];
        }
        boolean[][] both = new boolean[sees.length * width][sees.length * width];
        boolean[] own = new boolean[both.length];
        for (int q = 0; q < both.length; q++) {
            own[q] = itself[q / width] && other.itself[q % width];
            for (int k = 0; k < both.length; k++) {
                both[q][k] = sees[q / width][k / width] && other.sees[q % width][k % width];
            }
        }
        return new AttentionEdges(pairs, both, own, following * width + other.following);
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
            mask[row + query] = itself[groups[query]] ? 0 : Float.NEGATIVE_INFINITY;
            Arrays.fill(mask, row + query + 1, row + n, Float.NEGATIVE_INFINITY);
        }
        return mask;
    }
}

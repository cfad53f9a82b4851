package dev.fovea.core.engine;

import dev.fovea.core.path.AttentionEdges;
import dev.fovea.core.tensor.DType;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Who sees whom in a sequence, as numbers that each token takes with it wherever rows are chosen. A token sees itself and
 * those before it, as far back as the layer's window and the edges of its group reach, and those of its own block, also
 * behind it.
 *
 * <p>A window measures the distance between positions, as the rotary embedding does: dropping what lies between two
 * tokens brings them no closer, unless they are given new positions.
 *
 * @param order where each token stands among all of the sequence, ascending
 * @param positions of the tokens, which windows measure by
 * @param blocks the block of each token, or {@link #NONE}
 * @param edges which of all the sequence's tokens see which of those before them; null where each sees all
 */
@SuppressWarnings("ArrayRecordComponent") // made for one question and dropped; never compared
record Sight(
        int[] order,
        int[] positions,
        int[] blocks,
        @Nullable AttentionEdges edges) {
    /** The block of a token that nobody before it sees. */
    static final int NONE = -1;

    /**
     * What a layer lets its tokens see.
     *
     * @param window how many positions a token sees, its own included; 0 for all
     * @param acrossWindows whether the tokens of a block see each other at any distance
     */
    record Rule(int window, boolean acrossWindows) {}

    /** All tokens of a sequence. */
    static Sight of(int[] positions, int[] blocks, @Nullable AttentionEdges edges) {
        return new Sight(IntStream.range(0, positions.length).toArray(), positions, blocks, edges);
    }

    /** So many tokens of no block. */
    static int[] none(int length) {
        int[] blocks = new int[length];
        Arrays.fill(blocks, NONE);
        return blocks;
    }

    int count() {
        return order.length;
    }

    /** The last of these tokens. */
    Sight last(int tokens) {
        return between(count() - tokens, count());
    }

    /** Those from one on, up to another. */
    Sight between(int first, int end) {
        return first == 0 && end == count()
                ? this
                : at(IntStream.range(first, end).toArray());
    }

    /** Some of these tokens. */
    Sight at(int[] chosen) {
        return new Sight(chosen(order, chosen), chosen(positions, chosen), chosen(blocks, chosen), edges);
    }

    static int[] chosen(int[] numbers, int[] rows) {
        return Arrays.stream(rows).map(r -> numbers[r]).toArray();
    }

    /** Whether windows or blocks, and not edges alone, change what these tokens see. */
    boolean bent(Rule rule) {
        int n = count();
        boolean far = rule.window() > 0 && n > 0 && positions[n - 1] - positions[0] >= rule.window();
        return far || Arrays.stream(blocks).anyMatch(b -> b != NONE);
    }

    /** How many tokens at the front of these none of the queries, which stand behind them, sees. */
    static int unseen(Sight queries, Sight keys, Rule rule) {
        boolean mates = Arrays.stream(queries.blocks).anyMatch(b -> b != NONE);
        int first = 0;
        if (rule.window() > 0 && !(mates && rule.acrossWindows())) {
            int nearest = Arrays.stream(queries.positions).min().orElse(0);
            while (first < keys.count() && nearest - keys.positions[first] >= rule.window()) {
                first++;
            }
        }
        return first;
    }

    /** How many of these tokens, from the front, reach as far as the last that one of the queries sees. */
    static int seen(Sight queries, Sight keys) {
        int last = queries.order[queries.count() - 1];
        Set<Integer> mates =
                Arrays.stream(queries.blocks).filter(b -> b != NONE).boxed().collect(Collectors.toSet());
        int end = keys.count();
        while (keys.order[end - 1] > last && !mates.contains(keys.blocks[end - 1])) {
            end--;
        }
        return end;
    }

    /** The keys that these queries do not see: {@code [queries, keys]}, true where one is hidden; null if none is. */
    @Nullable
    Tensor hidden(Sight keys, Rule rule) {
        int n = keys.count();
        byte[] hidden = new byte[Math.multiplyExact(count(), n)];
        boolean any = false;
        for (int q = 0; q < count(); q++) {
            boolean plain = edges == null && rule.window() == 0 && blocks[q] == NONE;
            any |= plain ? hideLater(q, keys, hidden) : hideEach(q, keys, rule, hidden);
        }
        return any ? Tensors.to(Tensors.of(hidden, count(), n), DType.BOOL) : null;
    }

    /** Marks what stands behind a query that sees all that is before it; whether there is any. */
    private boolean hideLater(int q, Sight keys, byte[] hidden) {
        int n = keys.count();
        int at = Arrays.binarySearch(keys.order, order[q]);
        int seen = at < 0 ? -at - 1 : at + 1;
        Arrays.fill(hidden, q * n + seen, (q + 1) * n, (byte) 1);
        return seen < n;
    }

    private boolean hideEach(int q, Sight keys, Rule rule, byte[] hidden) {
        int n = keys.count();
        boolean any = false;
        for (int k = 0; k < n; k++) {
            if (!sees(q, keys, k, rule)) {
                hidden[q * n + k] = 1;
                any = true;
            }
        }
        return any;
    }

    /**
     * Whether one of these tokens sees another. What edges forbid nobody sees, not in its own block either.
     *
     * @param q index of the one that looks
     * @param k index of the other among the keys
     */
    boolean sees(int q, Sight keys, int k, Rule rule) {
        if (edges != null && !edges.allows(order[q], keys.order[k])) {
            return false;
        }
        boolean mates = blocks[q] != NONE && blocks[q] == keys.blocks[k];
        if (mates && rule.acrossWindows()) {
            return true;
        }
        boolean near = rule.window() == 0 || positions[q] - keys.positions[k] < rule.window();
        return near && (mates || keys.order[k] <= order[q]);
    }

    /**
     * Refuses edges that leave one of these tokens nothing to look at: a softmax over nothing is no number.
     *
     * @throws IllegalArgumentException with one sentence
     */
    void requireSight(Rule rule) {
        if (edges == null || edges.allSeeThemselves()) {
            return;
        }
        for (int q = 0; q < count(); q++) {
            int seen = edges.allows(order[q], order[q]) ? q : 0;
            while (seen < count() && !sees(q, this, seen, rule)) {
                seen++;
            }
            if (seen == count()) {
                throw new IllegalArgumentException("Token " + order[q] + " of the prompt would see nothing: every edge"
                        + " that leads from it is blocked, to itself as well; leave it one.");
            }
        }
    }
}

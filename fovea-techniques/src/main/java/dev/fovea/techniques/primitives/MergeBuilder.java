package dev.fovea.techniques.primitives;

import dev.fovea.core.path.Decision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Collects the groups of a {@link Decision.Merge} in output order. */
public final class MergeBuilder {
    private final List<int[]> members = new ArrayList<>();
    private final List<float[]> weights = new ArrayList<>();
    private final List<Integer> anchors = new ArrayList<>();

    /** A token that stays as it is. */
    public MergeBuilder keep(int token) {
        return group(token, new int[] {token}, new float[] {1});
    }

    /** Tokens that stay as they are. */
    public MergeBuilder keep(int[] tokens) {
        for (int token : tokens) {
            keep(token);
        }
        return this;
    }

    /** A weighted sum of tokens that takes the anchor's place. */
    public MergeBuilder group(int anchor, int[] tokens, float[] factors) {
        anchors.add(anchor);
        members.add(tokens);
        weights.add(factors);
        return this;
    }

    /** The mean of some tokens. */
    public MergeBuilder mean(int anchor, int[] tokens) {
        float[] equal = new float[tokens.length];
        Arrays.fill(equal, 1f / tokens.length);
        return group(anchor, tokens, equal);
    }

    /** A zero vector without a place. */
    public MergeBuilder zero() {
        return group(Decision.CLS, new int[0], new float[0]);
    }

    /** Number of groups so far. */
    public int size() {
        return anchors.size();
    }

    public Decision.Merge build(Decision.Positions positions) {
        int[] offsets = new int[size() + 1];
        for (int g = 0; g < size(); g++) {
            offsets[g + 1] = offsets[g] + members.get(g).length;
        }
        int[] flat = new int[offsets[size()]];
        float[] factors = new float[flat.length];
        for (int g = 0; g < size(); g++) {
            System.arraycopy(members.get(g), 0, flat, offsets[g], members.get(g).length);
            System.arraycopy(weights.get(g), 0, factors, offsets[g], members.get(g).length);
        }
        return new Decision.Merge(
                offsets,
                flat,
                factors,
                anchors.stream().mapToInt(Integer::intValue).toArray(),
                positions);
    }

    /** Before the language model, where positions are contiguous whatever is said. */
    public Decision.Merge build() {
        return build(Decision.Positions.ORIGINAL);
    }
}
